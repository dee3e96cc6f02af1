"""Files that a reviewer fills in and sends back: workbook, CSV, JSON Lines, tasks of Label Studio."""
