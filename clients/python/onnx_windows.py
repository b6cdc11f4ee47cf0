"""What graft's network takes, from a depth picture: points, heightmap, candidates, turned windows.

`action`, `grid` and `window` are the metadata `action`, `heightmap` and `window` of the ONNX file.
"""
import numpy as np

SAME_SURFACE = 0.012  # neighbouring pixels whose depths differ by less lie on one surface, m


def world_points(depth, camera):
    """Points of a depth picture in the world, [height, width, 3] m; NaN where nothing was seen."""
    z = np.where(depth > 0, depth.astype(float), np.nan)
    v, u = np.indices(depth.shape) + 0.5
    p = np.dstack([(u - camera["cx"]) / camera["fx"] * z, (v - camera["cy"]) / camera["fy"] * z, z])
    *q, w = camera["T_world_camera"]["quaternion"]
    turned = p + 2 * np.cross(q, np.cross(q, p) + w * p)
    return np.float32(turned + camera["T_world_camera"]["position"]).astype(float)


def heightmap(depth, points, grid):
    """Heights above the table, m, and which cells were seen, both [size, size].

    The highest point of a cell wins. Points halfway to neighbours on the same surface count
    too, so that it has no holes.
    """
    size, cell = grid["size"], grid["cell"]
    half = size * cell / 2
    z = np.where(depth > 0, depth.astype(float), np.nan)
    height = np.full((size, size), -np.inf)
    for down, right in (0, 0), (0, 1), (1, 0), (1, 1):
        here = np.s_[: len(z) - down, : len(z[0]) - right]
        there = np.s_[down:, right:]
        near = abs(z[there] - z[here]) < SAME_SURFACE
        p = (points[here][near] + points[there][near]) / 2
        p = p[(abs(p[:, :2]) < half).all(axis=1)]
        col, row, _ = ((p + half) / cell).astype(int).T
        np.maximum.at(height, (row, col), p[:, 2])
    seen = np.isfinite(height)
    return np.where(seen, np.float32(height), 0).astype(float), seen


def centre(index, grid):
    """World x of a column's centre, or y of a row's, m."""
    return (index + 0.5) * grid["cell"] - grid["size"] * grid["cell"] / 2


def candidates(height, action, grid, window):
    """Rows and columns of the cells that show an object; thinned where they are many."""
    raised = height > action["objectHeight"]
    neighbours = sum(np.roll(raised, by, axis) for by in (-1, 1) for axis in (0, 1))
    inside = abs(centre(np.arange(grid["size"]), grid)) <= action["regionHalfWidth"]
    row, col = np.nonzero(raised & (neighbours >= 2) & inside & inside[:, None])
    step = max(1, -(-len(row) // window["mostCells"]))
    kept = (2 * row + col) % step == 0
    return row[kept], col[kept]


def levered(logits, height, row, col, action, grid, hand):
    """Logits less what levers cost: an object that is alone is better held at its middle.

    A cup may be turned at will: what is expected of it at any angle is the mean of all.
    """
    cup = hand["kind"] == "suction"
    if cup:
        logits = np.broadcast_to(logits.mean(0), logits.shape)
    reach = dict.fromkeys(zip(*candidates(height, action, grid, {"mostCells": height.size})))
    patches = []
    while reach:
        patch = [reach.popitem()[0]]
        for r, c in patch:
            near = [(r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)]
            patch += [cell for cell in near if reach.pop(cell, 0) is None]
        patches += [np.array(patch)] if len(patch) >= 12 else []
    if action["leverCost"] == 0 or len(patches) != 1:
        return logits
    rows, cols = patches[0].T
    yaw = (np.arange(2) * np.pi / 2 if cup else np.arange(action["angles"]) * np.pi / action["angles"])[:, None]
    across = lambda r, c: centre(r, grid) * np.cos(yaw) - centre(c, grid) * np.sin(yaw)
    at, volume = across(rows, cols), height[rows, cols]
    length = np.ptp(at, axis=1, keepdims=True)
    if length.max() > 0.25:
        return logits
    away = across(row, col) - (at * volume).sum(1, keepdims=True) / volume.sum()
    lever = abs(away) / np.maximum(length, 0.01)
    if cup:
        lever = np.hypot(*away) / hand["stroke"]
    return logits - (action["leverCost"] * lever)[..., None]


def turned_windows(height, seen, row, col, action, grid, window):
    """The network's inputs for each closing angle: the candidates' rectangle, its columns along it.

    Yields a window [1, rows, cols, 7] and where in it the candidates lie, columns before rows,
    [1, cells, 2].
    """
    size, cell = grid["size"], grid["cell"]
    grey = seen * np.float32(window["grey"])  # the colour is not known
    layers = np.dstack([height, grey, grey, grey, seen])
    x, y = centre(col, grid) / cell, centre(row, grid) / cell
    for yaw in np.arange(action["angles"]) * np.pi / action["angles"]:
        c, s = np.cos(yaw), np.sin(yaw)
        ends = [(at.min(), at.max()) for at in (c * x + s * y, c * y - s * x)]
        margins = window["margin"]["cols"], window["margin"]["rows"]
        sides = [high - low + 2 * margin for (low, high), margin in zip(ends, margins)]
        cols, rows = (window["multiple"] * int(np.ceil(side / window["multiple"])) for side in sides)
        u, v = ((low + high) / 2 for low, high in ends)
        at = np.stack([c * x + s * y - u + cols / 2, c * y - s * x - v + rows / 2], axis=-1)
        down, right = np.indices((rows, cols)) + 0.5
        right, down = right - cols / 2 + u, down - rows / 2 + v
        half = size / 2 - 0.5
        turned = sampled(layers, half + c * right - s * down, half + s * right + c * down)
        yield np.float32(with_normals(turned, cell, window["heightUnit"]))[None], np.float32(at)[None]


def sampled(layers, x, y):
    """Bilinear samples of [size, size, channels] at columns x and rows y; 0 outside."""
    col, row = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (col >= 0) & (row >= 0) & (col + 1 < len(layers)) & (row + 1 < len(layers))
    fx, fy = (x - col)[..., None], (y - row)[..., None]
    col, row = col * inside, row * inside
    top = (1 - fx) * layers[row, col] + fx * layers[row, col + 1]
    bottom = (1 - fx) * layers[row + 1, col] + fx * layers[row + 1, col + 1]
    return np.float32(((1 - fy) * top + fy * bottom) * inside[..., None]).astype(float)


def with_normals(layers, cell, height_unit):
    """[..., 5] height, colour, seen -> [..., 7] height, normal's x and y, colour, seen."""
    h = np.pad(layers[..., 0], 1, "edge")
    gx = (h[1:-1, 2:] - h[1:-1, :-2]) / (2 * cell)
    gy = (h[2:, 1:-1] - h[:-2, 1:-1]) / (2 * cell)
    up = 1 / np.sqrt(1 + gx * gx + gy * gy)
    first = np.stack([layers[..., 0] / height_unit, -gx * up, -gy * up], axis=-1)
    return np.concatenate([first, layers[..., 1:] - 0.5], axis=-1)
