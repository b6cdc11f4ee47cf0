"""ROS 2 messages to and from the grasp client's arguments. Imports no ROS: messages are read by their fields alone."""
from __future__ import annotations

import sys
from typing import Any, Mapping, Tuple

import numpy as np

UNITS = {"16UC1": ("u2", 0.001), "mono16": ("u2", 0.001), "32FC1": ("f4", 1.0)}


def depth_of(image: Any) -> Tuple[np.ndarray, float]:
    """Depth of a sensor_msgs/Image (REP 118): [height, width], and metres a unit."""
    if image.encoding not in UNITS:
        raise ValueError(f"encoding: expected one of {', '.join(UNITS)}, got {image.encoding!r}")
    kind, scale = UNITS[image.encoding]
    dtype = np.dtype(kind).newbyteorder(">" if image.is_bigendian else "<")
    wanted = image.width * dtype.itemsize
    if image.step < wanted or len(image.data) != image.step * image.height:
        raise ValueError(
            f"image: expected {image.height} rows of at least {wanted} bytes, got {len(image.data)} bytes, step {image.step}"
        )
    rows = np.frombuffer(bytes(image.data), np.uint8).reshape(image.height, image.step)[:, :wanted]
    native = "<" if sys.byteorder == "little" else ">"
    return np.ascontiguousarray(rows).view(dtype).astype(dtype.newbyteorder(native)), scale


def intrinsics_of(info: Any) -> Mapping[str, float]:
    """Intrinsics of a sensor_msgs/CameraInfo of a rectified picture, from its P: fx, fy, cx, cy, pixels.

    ROS puts a pixel's centre at whole numbers, graft at +0.5.
    """
    if len(info.p) != 12 or not (info.p[0] > 0 and info.p[5] > 0):
        raise ValueError(f"CameraInfo.p: expected a [3, 4] matrix with focal lengths, got {list(info.p)}")
    if info.binning_x > 1 or info.binning_y > 1 or info.roi.x_offset or info.roi.y_offset:
        raise ValueError("CameraInfo: expected no binning and no region of interest, got one")
    return {"fx": info.p[0], "fy": info.p[5], "cx": info.p[2] + 0.5, "cy": info.p[6] + 0.5}


def fill_pose(message: Any, grasp: Any, header: Any) -> Any:
    """Fills a geometry_msgs/PoseStamped with a grasp in the camera frame: +Z is the approach, +X the closing direction."""
    message.header.stamp = header.stamp
    message.header.frame_id = header.frame_id
    position, orientation = message.pose.position, message.pose.orientation
    position.x, position.y, position.z = (float(v) for v in grasp.position)
    orientation.x, orientation.y, orientation.z, orientation.w = (float(v) for v in grasp.quaternion)
    return message
