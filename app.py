"""WSGI entry: gunicorn and the flask command load `app` from here."""

from webshop import start_app

app = start_app()
