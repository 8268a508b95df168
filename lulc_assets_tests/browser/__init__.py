"""The pages as people see them: in a browser, on a phone, on paper."""
