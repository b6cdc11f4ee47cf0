"""Checks the ROS 2 conversions without ROS: messages are plain objects with the same fields."""
import os
import sys
from types import SimpleNamespace as Message

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "clients", "ros2"))
from conversions import depth_of, fill_pose, intrinsics_of  # noqa: E402


def image(array, encoding, big=False, padding=0):
    height, width = array.shape
    raw = array.astype(array.dtype.newbyteorder(">" if big else "<")).tobytes()
    row = len(raw) // height
    rows = b"".join(raw[i * row : (i + 1) * row] + b"\0" * padding for i in range(height))
    return Message(height=height, width=width, encoding=encoding, is_bigendian=int(big), step=row + padding, data=rows)


def refused(work, text):
    try:
        work()
    except ValueError as error:
        assert text in str(error), error
        return
    raise AssertionError(f"expected a refusal with {text!r}")


units = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300
metres = units.astype(np.float32) / 1000
for big in (False, True):
    for padding in (0, 6):
        depth, scale = depth_of(image(units, "16UC1", big, padding))
        assert scale == 0.001 and depth.dtype == np.uint16 and (depth == units).all()
        depth, scale = depth_of(image(metres, "32FC1", big, padding))
        assert scale == 1.0 and depth.dtype == np.float32 and (depth == metres).all()
refused(lambda: depth_of(image(units, "bgr8")), "encoding: expected one of 16UC1")
short = image(units, "16UC1")
short.data = short.data[:-1]
refused(lambda: depth_of(short), "image: expected 3 rows")

info = Message(p=[540.0, 0, 319.5, 0, 0, 541.0, 239.5, 0, 0, 0, 1, 0], binning_x=0, binning_y=0,
               roi=Message(x_offset=0, y_offset=0))
assert intrinsics_of(info) == {"fx": 540.0, "fy": 541.0, "cx": 320.0, "cy": 240.0}
refused(lambda: intrinsics_of(Message(**{**vars(info), "p": [0.0] * 12})), "CameraInfo.p: expected")
refused(lambda: intrinsics_of(Message(**{**vars(info), "binning_x": 2})), "no binning")

axes = ("x", "y", "z", "w")
pose = Message(header=Message(stamp=None, frame_id=""), pose=Message(position=Message(), orientation=Message()))
grasp = Message(position=np.array([0.1, 0.2, 0.5]), quaternion=np.array([1.0, 0, 0, 0]))
fill_pose(pose, grasp, Message(stamp=7, frame_id="camera_depth_optical_frame"))
assert (pose.header.stamp, pose.header.frame_id) == (7, "camera_depth_optical_frame")
assert [getattr(pose.pose.position, a) for a in axes[:3]] == [0.1, 0.2, 0.5]
assert [getattr(pose.pose.orientation, a) for a in axes] == [1.0, 0.0, 0.0, 0.0]
print("ok")
