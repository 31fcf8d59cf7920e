"""Import and export of rows as CSV and XLSX in the admin."""
