"""The field campaign: designs, draws, frames of maps, fieldwork and interpreters."""
