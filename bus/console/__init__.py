"""What the operator's console shows, on its pages and in `manage.py top`."""
