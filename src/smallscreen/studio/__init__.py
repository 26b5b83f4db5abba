"""The studio: the web page where people see the same second of the same episode, and decide.

    from smallscreen.studio.app import make_app
    app = make_app(Studio(project, Settings()))       # an ASGI application

A page is one file in `pages/`, found by the registry. docs/studio.md tells how it is built.
"""
