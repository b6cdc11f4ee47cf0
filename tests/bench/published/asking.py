"""Asking: `graft serve` as a child process, and questions over HTTP."""
import http.client
import io
import json
import subprocess
import threading
import uuid
from urllib.parse import urlparse

import numpy as np


class Server:
    """`graft serve <policy>` on a free port. Whoever starts it stops it."""

    def __init__(self, graft, policy, workers=1):
        command = ['node', str(graft), 'serve', policy, '--port', '0', '--workers', str(workers), '--rate', '100000']
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith('serving ') and 'http' in line:
                self.url = next(word for word in line.replace(',', ' ').split() if word.startswith('http'))
                break
        else:
            raise RuntimeError(f'graft serve {policy}: expected an address, got: {"".join(said)}')
        # a pipe that nobody reads fills up, and the server would wait
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def ask(url, question, depth, timeout=120):
    """Grasps for a picture. depth: [480, 640] metres. Raises RuntimeError where the answer is no answer."""
    picture = io.BytesIO()
    np.save(picture, depth.astype(np.float32))
    boundary = uuid.uuid4().hex
    body = b''.join([part(boundary, 'question', 'application/json', json.dumps(question).encode()),
                     part(boundary, 'depth', 'application/octet-stream', picture.getvalue(), 'depth.npy'),
                     f'--{boundary}--\r\n'.encode()])
    address = urlparse(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        connection.request('POST', '/grasps', body, {'Content-Type': f'multipart/form-data; boundary={boundary}'})
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f'POST /grasps: expected 200, got {response.status}: {text[:500]!r}')
    return json.loads(text)


def part(boundary, name, kind, content, filename=None):
    file = f'; filename="{filename}"' if filename else ''
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content + b'\r\n'
