"""The runner's pure parts: frames, intervals, resuming. `python -m unittest test_runner`"""
import gzip
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import frames
import records


def looking_down(height):
    """T_camera_world of a camera over the middle of the published table, looking straight down."""
    rotation = np.diag([1.0, -1.0, -1.0])
    extrinsic = np.eye(4)
    extrinsic[:3, :3] = rotation
    extrinsic[:3, 3] = -rotation @ (frames.CENTRE + [0, 0, height])
    return extrinsic


def tilted():
    """GIGA's view: T_camera_world, 60 degrees from the vertical."""
    s, c = np.sin(np.pi / 3), np.cos(np.pi / 3)
    pose = np.array([[1.0, 0, 0], [0, -c, s], [0, -s, -c]])
    eye = np.array([0.15, -0.37, 0.40])
    return np.vstack([np.c_[pose.T, -pose.T @ eye], [0, 0, 0, 1]])


class Frames(unittest.TestCase):
    def test_a_camera_over_the_middle_is_over_graft_s_origin(self):
        pose = frames.camera_pose(looking_down(0.5))
        np.testing.assert_allclose(pose['position'], [0, 0, 0.5], atol=1e-12)
        np.testing.assert_allclose(np.abs(pose['quaternion']), [1, 0, 0, 0], atol=1e-12)

    def test_quaternions_of_all_turns_give_their_matrices(self):
        random = np.random.RandomState(0)
        for q in [*random.normal(size=(200, 4)), [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]:
            matrix = frames.matrix_of(q / np.linalg.norm(q))
            np.testing.assert_allclose(frames.matrix_of(frames.quaternion_of(matrix)), matrix, atol=1e-9)

    def test_the_table_is_as_far_as_the_camera_is_high(self):
        np.testing.assert_allclose(frames.table_depth(frames.camera_pose(looking_down(0.5))), 0.5, atol=1e-9)

    def test_the_table_seen_aslant_lies_in_its_plane(self):
        camera = frames.camera_pose(tilted())
        depth, k = frames.table_depth(camera), frames.INTRINSICS
        for row, col in [(470, 10), (240, 320), (300, 600)]:
            ray = np.array([(col + 0.5 - k['cx']) / k['fx'], (row + 0.5 - k['cy']) / k['fy'], 1])
            point = frames.matrix_of(camera['quaternion']) @ (ray * depth[row, col]) + camera['position']
            self.assertAlmostEqual(point[2], 0, 9)

    def test_a_scaled_picture_is_scaled_back_with_objects_on_the_table(self):
        camera = frames.camera_pose(tilted())
        depth = np.minimum(frames.table_depth(camera), 2.0)
        depth[200:320, 250:400] -= 0.06
        for factor in (0.93, 1.0, 1.08):
            noisy = depth * factor + np.random.RandomState(1).normal(0, 0.005, depth.shape)
            back = frames.rescaled(noisy, camera)
            self.assertLess(abs(np.median(back[300:] / depth[300:]) - 1), 5e-4)

    def test_a_picture_without_table_is_left_alone(self):
        depth = np.full((480, 640), 1.9)
        self.assertIs(frames.rescaled(depth, frames.camera_pose(looking_down(0.5))), depth)


def played(number, held, objects=3):
    grasps = [{'held': h, 'reason': 'held' if h else 'missed'} for h in held]
    return {'cell': 'c', 'policy': 'p', 'seed': 0, 'round': number, 'objects': objects, 'end': 'clear',
            'grasps': grasps, 'seconds': 2.0}


class Intervals(unittest.TestCase):
    def test_rates_count_grasps_and_objects(self):
        got = records.rates([played(0, [True, True, True]), played(1, [True, False, False])])
        self.assertEqual((got['grasps'], got['objects'], got['held']), (6, 6, 4))
        self.assertAlmostEqual(got['gsr']['rate'], 4 / 6)
        self.assertAlmostEqual(got['gsr']['low'], 1 / 3)
        self.assertAlmostEqual(got['gsr']['high'], 1)

    def test_the_interval_of_many_rounds_is_that_of_their_mean(self):
        random = np.random.RandomState(3)
        got = records.rates([played(i, [bool(random.rand() < 0.7)], 1) for i in range(400)])['dr']
        width = 1.96 * np.sqrt(got['rate'] * (1 - got['rate']) / 400)
        self.assertAlmostEqual(got['high'] - got['rate'], width, 2)
        self.assertAlmostEqual(got['rate'] - got['low'], width, 2)

    def test_rounds_without_grasps_have_no_success_rate(self):
        got = records.rates([played(0, []), played(1, [])])
        self.assertIsNone(got['gsr']['rate'])
        self.assertEqual(got['dr']['rate'], 0)

    def test_a_perfect_correlation_is_found_between_ranks(self):
        got = records.rank_correlation([(x, x**3) for x in np.linspace(0, 1, 20)])
        self.assertAlmostEqual(got['rho'], 1)
        self.assertGreater(got['low'], 0.99)
        self.assertIsNone(records.rank_correlation([(1, 0.5), (1, 0.7)])['rho'])

    def test_equal_values_share_a_rank(self):
        np.testing.assert_allclose(records.ranks([0.5, 0.1, 0.5, 0.9]), [1.5, 0, 1.5, 3])


class Resuming(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_a_line_that_was_cut_off_is_played_again(self):
        path = records.path_of(self.folder, 'c', 'p', 0)
        for number in (0, 1):
            records.append(path, played(number, [True]))
        with open(path, 'a', encoding='utf-8') as file:
            file.write('{"round":2,"obj')
        self.assertEqual(sorted(records.read(path)), [0, 1])
        records.mend(path)
        records.append(path, played(2, [False]))
        self.assertEqual(sorted(records.read(path)), [0, 1, 2])

    def test_a_round_of_an_earlier_graft_is_played_again_and_then_counts_no_more(self):
        path = records.path_of(self.folder, 'c', 'p', 0)
        records.append(path, played(0, [True]))
        self.assertFalse(records.current(records.read(path)[0]))
        self.assertEqual(records.summary(self.folder, ['c'], ['p'], [0], 1)[0]['older'], 1)
        records.append(path, {**played(0, [False]), 'rules': records.RULES})
        self.assertTrue(records.current(records.read(path)[0]))
        row = records.summary(self.folder, ['c'], ['p'], [0], 1)[0]
        self.assertEqual((row['older'], row['held']), (0, 0))

    def test_work_goes_by_seeds_and_blocks_and_leaves_out_what_is_done(self):
        done = {('a', 'p', 0): {0, 1, 3}}
        got = list(records.blocks(['a', 'b'], ['p'], [0, 1], 4, 2, lambda *key: done.get(key, set())))
        self.assertEqual(got, [('b', 'p', 0, [0, 1]), ('a', 'p', 0, [2]), ('b', 'p', 0, [2, 3]),
                               ('a', 'p', 1, [0, 1]), ('b', 'p', 1, [0, 1]), ('a', 'p', 1, [2, 3]), ('b', 'p', 1, [2, 3])])

    def test_the_packed_file_is_the_same_for_the_same_rounds(self):
        for number in (1, 0):
            records.append(records.path_of(self.folder, 'c', 'p', 0), played(number, [True]))
        packed = [self.folder / name for name in ('one.gz', 'two.gz')]
        for out in packed:
            records.pack(self.folder, out)
        self.assertEqual(packed[0].read_bytes(), packed[1].read_bytes())
        records.unpack(packed[0], self.folder / 'again')
        records.pack(self.folder / 'again', packed[1])
        self.assertEqual(packed[0].read_bytes(), packed[1].read_bytes())
        lines = gzip.decompress(packed[0].read_bytes()).decode().splitlines()
        header, *rounds = [json.loads(line) for line in lines]
        self.assertEqual(header, {'format': 'graft raw results', 'version': 1, 'results': 2})
        self.assertEqual([line['name'] for line in rounds], ['c/p-s0/0000', 'c/p-s0/0001'])

    def test_the_table_says_both_rates_of_the_rounds_asked_for(self):
        for number, held in ((0, True), (1, False)):
            records.append(records.path_of(self.folder, 'c', 'p', 0), played(number, 3 * [held]))
        table = records.table(records.summary(self.folder, ['c'], ['p'], [0], 1), ['c'], ['p'])
        self.assertIn('| `p` | 100.0 [100.0, 100.0] / 100.0 [100.0, 100.0] |', table)


if __name__ == '__main__':
    unittest.main()
