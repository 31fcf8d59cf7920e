"""`manage.py up`: the whole shop on one machine, its processes started, watched and stopped."""
