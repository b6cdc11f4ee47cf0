"""ROS 2 node: rectified depth and CameraInfo in, the best grasp's pose and opening out.

    graft serve pretrained &
    python3 grasp_node.py --ros-args -r depth:=/camera/depth/image_rect_raw -r camera_info:=/camera/depth/camera_info

Publishes `grasp` (geometry_msgs/PoseStamped, in the optical frame of the picture: use tf2 for yours) and `width`
(std_msgs/Float32, metres between the pads). Parameters: url, token, and question: JSON of what else is asked, such as
'{"hand": {"preset": "franka-hand"}, "workspace": {"size": [0.3, 0.3]}}'. Needs rclpy, message_filters and, beside this
file or on PYTHONPATH, graft_client.py.
"""
import json
import os
import sys

import message_filters
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Float32

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
from conversions import depth_of, fill_pose, intrinsics_of  # noqa: E402
from graft_client import GraspClient, GraspError  # noqa: E402


class GraspNode(Node):
    """Asks for each pair of messages; while it waits, older pairs are dropped."""

    def __init__(self):
        super().__init__("graft_grasps")
        url = self.declare_parameter("url", "http://127.0.0.1:8091").value
        token = self.declare_parameter("token", "").value
        self.client = GraspClient(url, token=token or None)
        self.question = json.loads(self.declare_parameter("question", "{}").value)
        self.pose = self.create_publisher(PoseStamped, "grasp", 1)
        self.width = self.create_publisher(Float32, "width", 1)
        topics = [(Image, "depth"), (CameraInfo, "camera_info")]
        subscribers = [message_filters.Subscriber(self, *t, qos_profile=qos_profile_sensor_data) for t in topics]
        self.pairs = message_filters.ApproximateTimeSynchronizer(subscribers, queue_size=1, slop=0.02)
        self.pairs.registerCallback(self.on_pair)

    def on_pair(self, image, info):
        try:
            depth, scale = depth_of(image)
            answer = self.client.grasps(depth, intrinsics=intrinsics_of(info), depth_scale=scale, **self.question)
        except (GraspError, ValueError, OSError) as error:
            self.get_logger().warning(str(error), throttle_duration_sec=5.0)
            return
        for warning in answer.warnings:
            self.get_logger().info(warning["message"], throttle_duration_sec=5.0)
        if not answer.grasps:
            return
        best = answer.grasps[0]
        self.pose.publish(fill_pose(PoseStamped(), best, image.header))
        self.width.publish(Float32(data=best.opening))


def main():
    rclpy.init()
    node = GraspNode()
    try:
        rclpy.spin(node)
    except KeyboardInterrupt:
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
