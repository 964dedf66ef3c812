# SPDX-License-Identifier: MIT
"""Applications for tests, in Debian's Python: http.server, Django and Flask.

usage: apps.py TABLE.json

TABLE is a list of {kind, address, port, root, code}. Each runs in a process of its own, forked once
everything is imported; all end with this one. `code` is

    python  a subclass of SimpleHTTPRequestHandler called Handler
    django  view(request), and MIDDLEWARE where it wants any
    flask   what is done with `app`
"""
import ctypes
import http
import http.server
import json
import os
import signal
import socketserver
import sys
import textwrap
import wsgiref.simple_server

import django
import django.conf
import django.core.wsgi
import django.http
import django.middleware.gzip
import django.middleware.http
import django.urls
import flask
import werkzeug.serving


class ThreadingWSGIServer(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class QuietWSGI(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


class QuietWerkzeug(werkzeug.serving.WSGIRequestHandler):
    def log(self, *_):
        pass


def run(code, root, **names):
    names.update(root=root, http=http, os=os, __name__="code")
    exec(compile(textwrap.dedent(code), "code", "exec"), names)
    return names


def serve_python(place):
    names = run(place["code"], place["root"], SimpleHTTPRequestHandler=http.server.SimpleHTTPRequestHandler)
    os.chdir(place["root"])
    names["Handler"].log_message = lambda *_: None
    http.server.ThreadingHTTPServer((place["address"], place["port"]), names["Handler"]).serve_forever()


def serve_django(place):
    django.conf.settings.configure(ALLOWED_HOSTS=["*"], DEBUG_PROPAGATE_EXCEPTIONS=True, SECRET_KEY="x", ROOT_URLCONF=__name__, MIDDLEWARE=[])
    django.setup()
    names = run(place["code"], place["root"], django=django)
    django.conf.settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware", *names.get("MIDDLEWARE", [])]  # it sets Content-Length
    globals()["urlpatterns"] = [django.urls.re_path("", names["view"])]
    server = wsgiref.simple_server.make_server(place["address"], place["port"], django.core.wsgi.get_wsgi_application(), ThreadingWSGIServer, QuietWSGI)
    server.serve_forever()


def serve_flask(place):
    app = flask.Flask("app", static_folder=None)
    run(place["code"], place["root"], app=app, flask=flask)
    werkzeug.serving.make_server(place["address"], place["port"], app, threaded=True, request_handler=QuietWerkzeug).serve_forever()


def main():
    with open(sys.argv[1]) as f:
        table = json.load(f)
    for place in table:
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: ends with its parent
            globals()[f"serve_{place['kind']}"](place)
            os._exit(0)
    for _ in table:
        os.wait()


if __name__ == "__main__":
    main()
