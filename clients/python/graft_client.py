"""Grasps for depth pictures, from a running `graft serve`. One file: numpy and the standard library.

    import numpy as np
    from graft_client import GraspClient

    client = GraspClient("http://127.0.0.1:8091")
    answer = client.grasps(
        np.load("depth.npy"),                     # [height, width] metres, or whole units of depth_scale
        intrinsics=dict(fx=540, fy=540, cx=320, cy=240),
        T_world_camera=None,                      # or [4, 4]; without it, grasps are in the camera frame
        count=5,
    )
    for grasp in answer.grasps:
        print(grasp.probability, grasp.opening, grasp.matrix)
"""
from __future__ import annotations

import base64
import http.client
import io
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Optional, Union
from urllib.parse import urlsplit

import numpy as np

__all__ = ["Answer", "Grasp", "GraspClient", "GraspError", "HeightMap"]


class GraspError(Exception):
    """What the server says of a question that it does not answer: `what: expected X, got Y`."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Grasp:
    """A proposed grasp, in the answer's frame."""

    position: np.ndarray
    """[3] midpoint of the finger tips, metres."""
    quaternion: np.ndarray
    """[4] x, y, z, w: +Z is the approach, +X the closing direction."""
    opening: float
    """Distance between the pads while approaching, metres."""
    probability: Optional[float]
    """Predicted probability that it holds; None if the policy predicts none."""
    cell: Optional[Mapping[str, int]]
    """Tile, row and column of the heightmap; None if the policy does not choose cells."""
    overlap: float
    """How far the open hand would reach into what the depth shows, metres."""

    @property
    def matrix(self) -> np.ndarray:
        """[4, 4] T_frame_tcp."""
        return pose_matrix(self.position, self.quaternion)


@dataclass(frozen=True)
class HeightMap:
    """A heightmap of the workspace: row 0 at the lowest y."""

    height: np.ndarray
    """[size, size] metres over the table."""
    affordance: Optional[np.ndarray]
    """[size, size] best predicted probability, 0 where nothing was scored."""
    cell: float
    """Side of a cell, metres."""
    matrix: np.ndarray
    """[4, 4] T_frame_tile."""


@dataclass(frozen=True)
class Answer:
    """What the server answers."""

    frame: str
    """'world' if T_world_camera was given, else 'camera'."""
    grasps: list[Grasp]
    """Best first."""
    warnings: list[Mapping[str, str]]
    """Each with `code` and `message`."""
    T_frame_workspace: np.ndarray
    """[4, 4] the frame on the table that was worked in: +Z up, origin in the middle of the workspace."""
    timing: Mapping[str, float]
    overlay: Optional[bytes] = None
    """PNG, if `show` had 'overlay'."""
    maps: list[HeightMap] = field(default_factory=list)
    """If `show` had 'maps'."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The JSON as it came."""


class GraspClient:
    """One connection to a server; not for several threads at once."""

    def __init__(self, url: str = "http://127.0.0.1:8091", token: Optional[str] = None, timeout: float = 30.0):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: expected http://host:port, got {url!r}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> "GraspClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def health(self) -> Mapping[str, Any]:
        """What is served, and how much waits."""
        return self._ask("GET", "/health")

    def grasps(
        self,
        depth: np.ndarray,
        *,
        camera: Optional[Mapping[str, Any]] = None,
        intrinsics: Optional[Mapping[str, float]] = None,
        T_world_camera: Optional[np.ndarray] = None,
        colour: Union[np.ndarray, bytes, None] = None,
        mask: Union[np.ndarray, bytes, None] = None,
        depth_scale: float = 0.001,
        **question: Any,
    ) -> Answer:
        """Asks for grasps.

        depth           [height, width] metres (floats; 0 or NaN = no return), or whole units of depth_scale metres
        camera          a camera as RealSense, OpenCV, ROS or graft write it; or give the next two
        intrinsics      fx, fy, cx, cy in pixels; a pixel's centre lies at +0.5
        T_world_camera  [4, 4], OpenCV axes; without it grasps are in the camera frame
        colour          [height, width, 3] uint8, or the bytes of a PNG
        mask            [height, width], or the bytes of a PNG: grasps lie only where it is not 0
        question        workspace, hand, count, minProbability, clean, clear, failed, show: see /openapi.json
        Raises GraspError if the server refuses, OSError if it cannot be reached.
        """
        depth = np.ascontiguousarray(depth)
        if depth.ndim != 2:
            raise ValueError(f"depth: expected [height, width], got {list(depth.shape)}")
        if (camera is None) == (intrinsics is None):
            raise ValueError("expected either camera or intrinsics, got both or none")
        if camera is not None:
            question["camera"] = dict(camera)
        else:
            height, width = depth.shape
            question["intrinsics"] = {"widthPx": width, "heightPx": height, **dict(intrinsics or {})}
        if T_world_camera is not None:
            question["T_world_camera"] = pose_of(T_world_camera)
        question["depthScale"] = depth_scale
        parts = {"question": json.dumps(question).encode(), "depth": _npy(_depth_of(depth))}
        if colour is not None:
            parts["colour"] = colour if isinstance(colour, bytes) else _npy(np.asarray(colour, np.uint8))
        if mask is not None:
            parts["mask"] = mask if isinstance(mask, bytes) else _npy((np.asarray(mask) != 0).astype(np.uint8))
        boundary, body = _multipart(parts)
        answer = self._ask("POST", "/grasps", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        return _answer_of(answer)

    def _ask(self, method: str, path: str, body: Optional[bytes] = None, headers: Mapping[str, str] = {}) -> Any:
        try:
            self._connection.request(method, path, body, {**self._headers, **headers})
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # a server ends connections that were idle: once more, on a new one
            self._connection.close()
            self._connection.request(method, path, body, {**self._headers, **headers})
            response = self._connection.getresponse()
        text = response.read()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"error": text[:200].decode("utf-8", "replace")}
        if response.status != 200:
            raise GraspError(response.status, answer.get("error", response.reason))
        return answer


def pose_matrix(position: Iterable[float], quaternion: Iterable[float]) -> np.ndarray:
    """[4, 4] of a position and a quaternion [x, y, z, w]."""
    x, y, z, w = quaternion
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = list(position)
    return matrix


def pose_of(matrix: np.ndarray) -> dict[str, list[float]]:
    """Position and quaternion [x, y, z, w] of a [4, 4] rigid transformation."""
    m = np.asarray(matrix, float)
    if m.shape != (4, 4) or not np.allclose(m[:3, :3] @ m[:3, :3].T, np.eye(3), atol=1e-3):
        raise ValueError(f"T_world_camera: expected a rigid [4, 4] transformation, got {np.array2string(m)}")
    r = m[:3, :3]
    # the largest of the four, so that none is divided by little
    squares = np.array([1 + r[0, 0] - r[1, 1] - r[2, 2], 1 - r[0, 0] + r[1, 1] - r[2, 2],
                        1 - r[0, 0] - r[1, 1] + r[2, 2], 1 + r[0, 0] + r[1, 1] + r[2, 2]])
    k = int(np.argmax(squares))
    s = 2 * np.sqrt(squares[k])
    q = {
        0: (s / 4, (r[0, 1] + r[1, 0]) / s, (r[0, 2] + r[2, 0]) / s, (r[2, 1] - r[1, 2]) / s),
        1: ((r[0, 1] + r[1, 0]) / s, s / 4, (r[1, 2] + r[2, 1]) / s, (r[0, 2] - r[2, 0]) / s),
        2: ((r[0, 2] + r[2, 0]) / s, (r[1, 2] + r[2, 1]) / s, s / 4, (r[1, 0] - r[0, 1]) / s),
        3: ((r[2, 1] - r[1, 2]) / s, (r[0, 2] - r[2, 0]) / s, (r[1, 0] - r[0, 1]) / s, s / 4),
    }[k]
    q = np.array(q) / np.linalg.norm(q)
    return {"position": m[:3, 3].tolist(), "quaternion": q.tolist()}


def _depth_of(depth: np.ndarray) -> np.ndarray:
    return depth.astype("<f4", copy=False) if depth.dtype.kind == "f" else depth


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _multipart(parts: Mapping[str, bytes]) -> tuple[str, bytes]:
    boundary = uuid.uuid4().hex
    lines = []
    for name, data in parts.items():
        kind = "application/json" if name == "question" else "application/octet-stream"
        lines += [
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n".encode(),
            f"Content-Type: {kind}\r\n\r\n".encode(),
            data,
            b"\r\n",
        ]
    return boundary, b"".join([*lines, f"--{boundary}--\r\n".encode()])


def _answer_of(raw: Mapping[str, Any]) -> Answer:
    grasps = [
        Grasp(np.array(g["position"]), np.array(g["quaternion"]), g["opening"], g["probability"], g["cell"], g["overlap"])
        for g in raw["grasps"]
    ]

    def matrix(pose: Mapping[str, Any]) -> np.ndarray:
        return pose_matrix(pose["position"], pose["quaternion"])

    def array(text: Optional[str], size: int) -> Optional[np.ndarray]:
        return None if text is None else np.frombuffer(base64.b64decode(text), "<f4").reshape(size, size)

    maps = [
        HeightMap(array(m["height"], m["size"]), array(m["affordance"], m["size"]), m["cell"], matrix(m["pose"]))
        for m in raw.get("maps", [])
    ]
    overlay = raw.get("overlay")
    return Answer(
        raw["frame"], grasps, raw["warnings"], matrix(raw["T_frame_workspace"]), raw["timing"],
        None if overlay is None else base64.b64decode(overlay), maps, raw,
    )
