"""Gymnasium environments on graft's scenes.

`GraftEnv` is one environment, `GraftVectorEnv` several on worker threads. Both start `graft env` as a
child and talk to it on its standard input and output; `Graft` is that connection alone. The command is
the argument `command`, else the variable GRAFT, else `npx graft`. Needs numpy and gymnasium.
Units are SI, frames are those of docs/conventions.md.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shlex
import subprocess
from typing import Any, Iterable, Sequence

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

VERSION = 1
PARTS = ("colour", "depth", "heightmap", "heightmapColour", "objects")
# requests on their way at once: neither side may wait for the other to read
BURST = 128


class GraftError(RuntimeError):
    """A request that graft refused, or a child that ended."""


def command_of(command: str | Sequence[str] | None = None) -> list[str]:
    """The command that starts graft, as a list."""
    command = command or os.environ.get("GRAFT", "npx graft")
    return shlex.split(command) if isinstance(command, str) else list(command)


def array(encoded: dict[str, Any]) -> np.ndarray:
    """The array in a message."""
    dtype = {"float32": "<f4", "uint8": "u1"}[encoded["dtype"]]
    return np.frombuffer(bytearray(base64.b64decode(encoded["data"])), dtype).reshape(encoded["shape"])


class Graft:
    """Connection to `graft env`. `hello` holds its description: spaces, hand, seeds."""

    def __init__(
        self,
        scenario: str = "tabletop",
        *,
        command: str | Sequence[str] | None = None,
        args: Iterable[str] = (),
        envs: int = 1,
        observe: Sequence[str] = ("heightmap",),
        autoreset: bool = False,
    ):
        line = [*command_of(command), "env", scenario, *args]
        self._child = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._ids = itertools.count()
        try:
            self.hello = self.ask(
                "hello", version=VERSION, envs=envs, observe=list(observe), autoreset=autoreset
            )
        except BaseException:
            self.close()
            raise

    def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """The answer to one request."""
        return self.ask_all([{"type": type, **fields}])[0]

    def ask_all(self, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers to requests that are worked on side by side, in the order of the requests."""
        answers: list[dict[str, Any]] = []
        for start in range(0, len(requests), BURST):
            answers += self._exchange(requests[start : start + BURST])
        for answer in answers:
            if answer["type"] == "error":
                raise GraftError(answer["error"])
        return answers

    def _exchange(self, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = [next(self._ids) for _ in requests]
        lines = (json.dumps({"id": i, **r}, default=_plain) for i, r in zip(ids, requests))
        try:
            self._child.stdin.write("".join(line + "\n" for line in lines).encode())
            self._child.stdin.flush()
        except BrokenPipeError as error:
            raise GraftError(f"graft ended with {self._child.wait()}") from error
        answers: dict[int, dict[str, Any]] = {}
        while len(answers) < len(ids):
            line = self._child.stdout.readline()
            if not line:
                raise GraftError(f"graft ended with {self._child.wait()}")
            answer = json.loads(line)
            if "id" not in answer:  # it could not even be read
                raise GraftError(answer["error"])
            answers[answer["id"]] = answer
        return [answers[i] for i in ids]

    def close(self) -> None:
        """Ends the child."""
        if self._child.stdin and not self._child.stdin.closed:
            try:
                self._child.stdin.close()
            except BrokenPipeError:
                pass
            self._child.wait()
            self._child.stdout.close()

    def __enter__(self) -> Graft:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays as JSON has them."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else repr(value)


def _observation_space(hello: dict[str, Any]) -> spaces.Dict:
    camera, n = hello["spaces"]["camera"], hello["spaces"]["heightmap"]["size"]
    h, w = camera["heightPx"], camera["widthPx"]
    known = {
        "colour": lambda: spaces.Box(0, 255, (h, w, 3), np.uint8),
        "depth": lambda: spaces.Box(0, 10, (h, w), np.float32),
        "heightmap": lambda: spaces.Box(-1, 1, (n, n), np.float32),
        "heightmapColour": lambda: spaces.Box(0, 255, (n, n, 3), np.uint8),
        "objects": lambda: spaces.Box(0, 1, (n, n), np.uint8),
    }
    return spaces.Dict({part: known[part]() for part in hello["observe"]})


def _action_space(hello: dict[str, Any], kind: str) -> spaces.Space:
    action, heightmap = hello["spaces"]["action"], hello["spaces"]["heightmap"]
    if kind == "discrete":
        return spaces.MultiDiscrete([action["cells"], action["angles"], len(action["shapes"])])
    if kind != "continuous":
        raise ValueError(f"actions: expected discrete or continuous, got {kind!r}")
    half, stroke = heightmap["size"] * heightmap["cell"] / 2, hello["spaces"]["hand"]["stroke"]
    low, high = [-half, -half, 0, 0, 0], [half, half, 0.5, np.pi, stroke]
    return spaces.Box(np.array(low, np.float64), np.array(high, np.float64), dtype=np.float64)


def _grasp(action: Any) -> Any:
    """A grasp message of [cell, angle, shape], [x, y, z, yaw, opening], or one itself."""
    if action is None or isinstance(action, dict):
        return action
    values = np.asarray(action).tolist()
    if len(values) == 3:
        return {"action": dict(zip(("cell", "angle", "shape"), values))}
    return {"position": values[:3], "yaw": values[3], "opening": values[4]}


def _seen(answer: dict[str, Any], parts: Sequence[str]) -> dict[str, np.ndarray] | None:
    seen = answer["observation"]
    return seen and {part: array(seen[part]) for part in parts}


def _place(seen: dict[str, Any]) -> dict[str, Any]:
    return {key: seen[key] for key in ("seed", "split", "scene", "attempt", "camera")}


def _reset_fields(seed: int | None, options: dict[str, Any] | None) -> dict[str, Any]:
    fields = {"seed": seed, **(options or {})}
    return {key: value for key, value in fields.items() if value is not None}


class GraftEnv(gym.Env):
    """One environment. An action is [cell, angle, shape] (`actions="discrete"`), [x, y, z, yaw, opening] in
    metres and radians of the world frame ("continuous"), or a grasp message as a dict; None sees nothing.

    `reset(seed=s)` begins the stream of scenes of that seed; without one the next scene follows. Options:
    split ("training" or "evaluation") and scene. A one-object scene is one step; after the last step of a
    scene the observation is the one before it. `info` has the outcome and the trial's record.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self,
        scenario: str = "tabletop",
        *,
        observe: Sequence[str] = ("heightmap",),
        actions: str = "discrete",
        command: str | Sequence[str] | None = None,
        args: Iterable[str] = ("--workers", "1"),
    ):
        self.graft = Graft(scenario, command=command, args=args, observe=observe)
        self._parts = self.graft.hello["observe"]
        self.observation_space = _observation_space(self.graft.hello)
        self.action_space = _action_space(self.graft.hello, actions)
        self._last: dict[str, np.ndarray] = {}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        answer = self.graft.ask("reset", **_reset_fields(seed, options))
        self._last = _seen(answer, self._parts)
        return self._last, _place(answer["observation"])

    def step(self, action: Any):
        answer = self.graft.ask("step", grasp=_grasp(action))
        self._last = _seen(answer, self._parts) or {k: v.copy() for k, v in self._last.items()}
        info = {"outcome": answer["outcome"], "record": answer["record"]}
        if answer["observation"]:
            info |= _place(answer["observation"])
        return self._last, float(answer["reward"]), answer["done"], False, info

    def propose(self, policy: str) -> dict[str, Any] | None:
        """What one of graft's own policies would do: a grasp message."""
        return self.graft.ask("propose", policy=policy)["grasp"]

    def close(self) -> None:
        self.graft.close()


class GraftVectorEnv(gym.vector.VectorEnv):
    """Several environments on worker threads; environment e plays the scenes e, e + num_envs, ... of a seed.

    A scene that is done is followed by the next one in the same step: `infos["final_obs"]` is the last
    that was seen of the one before. `infos["record"]` has each trial's record.
    """

    metadata: dict[str, Any] = {"autoreset_mode": gym.vector.AutoresetMode.SAME_STEP, "render_modes": []}

    def __init__(
        self,
        scenario: str = "tabletop",
        num_envs: int = 8,
        *,
        workers: int = 2,
        observe: Sequence[str] = ("heightmap",),
        actions: str = "discrete",
        command: str | Sequence[str] | None = None,
        args: Iterable[str] = (),
    ):
        line = [*args, "--workers", str(workers)]
        self.graft = Graft(
            scenario, command=command, args=line, envs=num_envs, observe=observe, autoreset=True
        )
        self.num_envs = num_envs
        self._parts = self.graft.hello["observe"]
        self.single_observation_space = _observation_space(self.graft.hello)
        self.single_action_space = _action_space(self.graft.hello, actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._last: list[dict[str, np.ndarray]] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        fields = _reset_fields(seed, options)
        answers = self.graft.ask_all(
            [{"type": "reset", "env": e, **fields} for e in range(self.num_envs)]
        )
        self._last = [_seen(a, self._parts) for a in answers]
        return self._batch(), {"scene": np.array([a["observation"]["scene"] for a in answers])}

    def step(self, actions: Any):
        requests = [
            {"type": "step", "env": e, "grasp": _grasp(action)} for e, action in enumerate(actions)
        ]
        answers = self.graft.ask_all(requests)
        before, self._last = self._last, [_seen(a, self._parts) for a in answers]
        done = np.array([a["done"] for a in answers])
        infos = {
            "scene": np.array([a["observation"]["scene"] for a in answers]),
            "outcome": _objects([a["outcome"] for a in answers]),
            "record": _objects([a["record"] for a in answers]),
            "final_obs": _objects([b if d else None for b, d in zip(before, done)]),
            "_final_obs": done,
        }
        rewards = np.array([a["reward"] for a in answers], np.float64)
        return self._batch(), rewards, done, np.zeros(self.num_envs, bool), infos

    def _batch(self) -> dict[str, np.ndarray]:
        return {part: np.stack([seen[part] for seen in self._last]) for part in self._parts}

    def close_extras(self, **kwargs: Any) -> None:
        self.graft.close()


def _objects(values: Sequence[Any]) -> np.ndarray:
    out = np.empty(len(values), object)
    out[:] = values
    return out


class Stream:
    """graft's random numbers, bit for bit: the stream keyed by (seed, purpose, index). Generator: sfc32."""

    def __init__(self, seed: int, purpose: str, index: int = 0):
        key = 0x811C9DC5
        for char in purpose:
            key = ((key ^ ord(char)) * 0x01000193) & _M
        self._a = _scramble((seed & _M) ^ key)
        self._b = _scramble((seed >> 32) + self._a)
        self._c = _scramble((index & _M) ^ self._b)
        self._n = _scramble((index >> 32) + self._c) | 1
        for _ in range(12):
            self._next32()

    def _next32(self) -> int:
        t = (self._a + self._b + self._n) & _M
        self._n = (self._n + 1) & _M
        self._a = self._b ^ (self._b >> 9)
        self._b = (self._c + (self._c << 3)) & _M
        self._c = ((((self._c << 21) | (self._c >> 11)) & _M) + t) & _M
        return t

    def next(self) -> float:
        """Uniform in [0, 1), 53 bits."""
        high = self._next32() >> 5
        return (high * 67108864 + (self._next32() >> 6)) / 9007199254740992

    def int(self, count: int) -> int:
        """Integer in [0, count)."""
        return int(self.next() * count)


_M = 0xFFFFFFFF


def _scramble(value: int) -> int:
    h = (value + 0x9E3779B9) & _M
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & _M
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & _M
    return h ^ (h >> 16)
