"""WSGI entry: gunicorn and the flask command load `app` from here."""

from webshop import create_app

app = create_app()
