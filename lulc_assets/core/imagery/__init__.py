"""From the files of one scene to reflectance and validity, and rasters in and out."""
