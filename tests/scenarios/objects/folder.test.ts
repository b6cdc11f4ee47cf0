import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openObjectFolder, readInside } from '../../../scenarios/objects/folder.ts';
import { InputError } from '../../../scenarios/parse/parse.ts';
import { MeshFileError } from '../../../sim/files/mesh-file.ts';

const base = mkdtempSync(join(tmpdir(), 'graft-folder-'));
writeFileSync(join(base, 'secret.obj'), 'secret');

/** A new folder with these files. */
let made = 0;
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(base, `set-${made++}`);
  mkdirSync(folder);
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), data);
  }
  return folder;
}

const found = (files: readonly string[]) =>
  openObjectFolder(folderOf(Object.fromEntries(files.map((f) => [f, ''])))).files;

describe('the objects of a folder', () => {
  it('are its meshes and URDFs, at any depth to four, by name; pictures, texts and hidden files are none', () => {
    const files = ['b.obj', 'a.stl', 'deep/er/c.GLB', 'x.urdf', 'a.png', 'readme.txt', '.hidden.obj', '.git/d.obj'];
    expect(found(files).map((f) => [f.name, f.file])).toEqual([
      ['a', 'a.stl'],
      ['b', 'b.obj'],
      ['deep/er/c', 'deep/er/c.GLB'],
      ['x', 'x.urdf'],
    ]);
    expect(found(['1/2/3/4/a.obj', '1/2/3/4/5/b.obj'])).toEqual([
      {
        name: '1/2/3/4/5',
        file: '1/2/3/4/5',
        problem: '1/2/3/4/5: expected at most 4 folders in one another, got more',
      },
      { name: '1/2/3/4/a', file: '1/2/3/4/a.obj' },
    ]);
  });

  it('in the way of PyBullet are named after their folder, with all its meshes', () => {
    expect(found(['mug/model.urdf', 'mug/textured.obj', 'mug/parts/hull.obj'])).toEqual([
      { name: 'mug', file: 'mug/model.urdf' },
    ]);
  });

  it('that a URDF mentions are its own, the others are not', () => {
    const folder = folderOf({
      'a.urdf': '<mesh filename="package://x/meshes/one.obj"/>',
      'meshes/one.obj': '',
      'two.obj': '',
    });
    expect(openObjectFolder(folder).files.map((f) => f.file)).toEqual(['a.urdf', 'two.obj']);
  });

  it('may have their convex pieces beside them, and pieces without an object are one', () => {
    expect(found(['ring.obj', 'ring_vhacd.obj', 'cup.stl', 'cup-collision.obj', 'lone_vhacd.obj'])).toEqual([
      { name: 'cup', file: 'cup.stl', collision: 'cup-collision.obj' },
      { name: 'lone_vhacd', file: 'lone_vhacd.obj' },
      { name: 'ring', file: 'ring.obj', collision: 'ring_vhacd.obj' },
    ]);
  });

  it('of the same name are told apart by their files', () =>
    expect(found(['a.obj', 'a.stl', 'b.obj']).map((f) => f.name)).toEqual(['a.obj', 'a.stl', 'b']));

  it('may be one file', () => {
    const folder = folderOf({ 'a.obj': '', 'b.obj': '' });
    expect(openObjectFolder(join(folder, 'a.obj')).files).toEqual([{ name: 'a', file: 'a.obj' }]);
  });

  it.each([
    [join(base, 'missing'), 'expected a folder or a file, got none'],
    [folderOf({ 'a.txt': '' }), 'expected .urdf, .obj, .stl or .glb files, got none in the folder'],
    [join(folderOf({ 'a.txt': '' }), 'a.txt'), 'expected a folder or a .urdf, .obj, .stl or .glb file, got another'],
  ])('are an error of the user if there are none: case %#', (path, message) => {
    expect(() => openObjectFolder(path)).toThrow(InputError);
    expect(() => openObjectFolder(path)).toThrow(`objects ${path}: ${message}`);
  });

  it('that are links to folders are not followed: out of the folder they are told, circles inside passed over', () => {
    const folder = folderOf({ 'a.obj': '' });
    mkdirSync(join(base, 'elsewhere'), { recursive: true });
    symlinkSync(join(base, 'elsewhere'), join(folder, 'away'));
    symlinkSync(folder, join(folder, 'circle'));
    expect(openObjectFolder(folder).files).toEqual([
      { name: 'a', file: 'a.obj' },
      { name: 'away', file: 'away', problem: 'away: expected a folder inside the folder, got a link out of it' },
    ]);
  });
});

describe('a file inside the folder', () => {
  const root = openObjectFolder(folderOf({ 'a/x.obj': 'x', 'meshes/y.obj': 'y', 'here.obj': 'z' })).root;
  const read = (reference: string, from = 'a/b.urdf'): string => {
    const { bytes, file } = readInside(root, reference, from);
    return `${file}: ${new TextDecoder().decode(bytes)}`;
  };

  it('is found beside what refers to it, from the root by package, and with backslashes', () => {
    expect(read('x.obj')).toBe('a/x.obj: x');
    expect(read('../meshes/y.obj')).toBe('meshes/y.obj: y');
    expect(read('..\\meshes\\y.obj')).toBe('meshes/y.obj: y');
    expect(read('package://any/meshes/y.obj')).toBe('meshes/y.obj: y');
    expect(read('package://meshes/y.obj')).toBe('meshes/y.obj: y');
    expect(read('here.obj', 'here.obj')).toBe('here.obj: z');
  });

  it.each([
    '../../secret.obj',
    '..\\..\\secret.obj',
    'x/../../../secret.obj',
    'package://../../secret.obj',
    'package://x/../../secret.obj',
    '/etc/passwd.obj',
    'file:///etc/passwd.obj',
    'C:/secret.obj',
    'http://example.org/x.obj',
    'package://x/file:///secret.obj',
    'x.obj\0.png',
  ])('is refused where it leads out: %j', (reference) => {
    expect(() => read(reference)).toThrow(MeshFileError);
    expect(() => read(reference)).toThrow('a/b.urdf: mesh: expected a path inside the folder, got ');
  });

  it('is refused as a link out, a folder, or missing', () => {
    symlinkSync(join(base, 'secret.obj'), join(root, 'linked.obj'));
    symlinkSync(join(root, 'here.obj'), join(root, 'inside.obj'));
    expect(() => read('../linked.obj')).toThrow(
      "expected a file inside the folder, got a link out of it: '../linked.obj'",
    );
    expect(read('../inside.obj')).toBe('inside.obj: z');
    expect(() => read('../meshes')).toThrow("expected a file, got a folder: '../meshes'");
    expect(() => read('none.obj')).toThrow("a/b.urdf: mesh: expected the file 'none.obj', got none");
    expect(() => read('none.obj', 'none.obj')).toThrow("none.obj: expected the file 'none.obj', got none");
  });

  it('is refused where a URDF is far too large', () => {
    writeFileSync(join(root, 'big.urdf'), ' '.repeat(4_000_001));
    expect(() => read('big.urdf', 'big.urdf')).toThrow("expected at most 4000000 bytes, got 4000001: 'big.urdf'");
  });
});
