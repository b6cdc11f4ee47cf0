import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backboneNames, loadBackbone, parametersHash, WEIGHTS_FOLDER } from '../../../agent/backbones/own.ts';
import { layersOf } from '../../../agent/network/architecture.ts';
import type { Parameters } from '../../../agent/network/parameters.ts';
import { checkShapes, decodeTensors, encodeTensors } from '../../../agent/network/safetensors.ts';
import { initTrunk, trunkShapes } from '../../../agent/network/trunk-layers.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { HELD_OUT_FAMILIES } from '../../../sim/objects/families.ts';

const trunk = (): Parameters => initTrunk(rngStream(1, 'test'));
const bytes = (parameters: Parameters = trunk()): Uint8Array => encodeTensors({ parameters, metadata: { a: 'b' } });
const folder = mkdtempSync(join(tmpdir(), 'graft-weights-'));
const saved = (data: Uint8Array, name: string): string => {
  const path = join(folder, `${name}.safetensors`);
  writeFileSync(path, data);
  return path;
};

describe('safetensors', () => {
  it('come back bit for bit, with their metadata', () => {
    const { parameters, metadata } = decodeTensors(bytes(), 'x');
    expect(parametersHash(parameters)).toBe(parametersHash(trunk()));
    expect(metadata).toEqual({ a: 'b' });
  });

  it('are refused cut off at any byte', () => {
    const whole = bytes();
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 200)) {
      expect(() => decodeTensors(whole.subarray(0, length), 'w.safetensors')).toThrow(/^w.safetensors: expected/);
    }
  });

  it('are refused with a header that lies', () => {
    const headed = (text: string): Uint8Array => {
      const header = new TextEncoder().encode(text);
      const out = new Uint8Array(8 + header.length + 16);
      new DataView(out.buffer).setBigUint64(0, BigInt(header.length), true);
      out.set(header, 8);
      return out;
    };
    for (const [text, message] of [
      ['{', /JSON object as header/],
      ['[]', /JSON object as header/],
      ['{"t":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}', /dtype F32, got F16/],
      ['{"t":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}', /with a shape, got \[-4\]/],
      ['{"t":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}', /offsets 8 to 24/],
      ['{"t":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}', /offsets 0 to 16/],
      ['{"t":{"dtype":"F32","shape":[4]}}', /two data offsets/],
      ['{"t":null}', /dtype F32/],
    ] as const) {
      expect(() => decodeTensors(headed(text), 'w')).toThrow(message);
    }
    const huge = new Uint8Array(16);
    new DataView(huge.buffer).setBigUint64(0, 2n ** 62n, true);
    expect(() => decodeTensors(huge, 'w')).toThrow(/header length/);
  });

  it('are refused with tensors over one another, which would be larger than their file', () => {
    const header = new TextEncoder().encode(
      JSON.stringify({
        a: { dtype: 'F32', shape: [4], data_offsets: [0, 16] },
        b: { dtype: 'F32', shape: [2], data_offsets: [8, 16] },
      }),
    );
    const out = new Uint8Array(8 + header.length + 16);
    new DataView(out.buffer).setBigUint64(0, BigInt(header.length), true);
    out.set(header, 8);
    expect(() => decodeTensors(out, 'w')).toThrow(
      "w: expected tensors that lie side by side in 16 bytes, got 'b' over",
    );
  });

  it('may be called as they like', () => {
    const p = { ['__proto__']: { shape: [1], values: Float32Array.of(3) } };
    const { parameters } = decodeTensors(bytes(p), 'w');
    expect(Object.keys(parameters)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
  });

  it('are refused with NaN or infinity, naming the tensor and the element', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const p = trunk();
      p['conv2/kernel'].values[7] = bad;
      expect(() => decodeTensors(bytes(p), 'w')).toThrow(
        `w: expected tensor 'conv2/kernel' with finite values, got ${bad} at element 7`,
      );
    }
  });
});

describe('backbones', () => {
  it('ship with a model card that names their hash, their data and the families they never saw', () => {
    expect(backboneNames()).toContain('passive');
    for (const name of backboneNames()) {
      const card = JSON.parse(readFileSync(`${WEIGHTS_FOLDER}${name}.model.json`, 'utf8'));
      const { parameters, hash, architecture } = loadBackbone(name);
      expect(card.hash).toBe(hash);
      expect(card.command).toMatch(/^npx graft pretrain/);
      for (const family of HELD_OUT_FAMILIES) expect(card.neverSeen).toContain(family);
      if (card.probe.explained) expect(card.probe.explained.height).toBeGreaterThan(0.8);
      if (card.probe.graspAuc) expect(card.probe.graspAuc).toBeGreaterThan(0.8);
      checkShapes(parameters, trunkShapes(layersOf(architecture)), name);
    }
  });

  it('are refused when missing, truncated, of another shape, or changed behind their card', () => {
    expect(() => loadBackbone('nosuch')).toThrow(/expected one of .*passive.* or the path of a .safetensors file/);
    expect(() => loadBackbone(saved(bytes().subarray(0, 5000), 'cut'))).toThrow(/cut.safetensors: expected/);
    const { 'conv1/kernel': first, ...rest } = trunk();
    expect(() => loadBackbone(saved(bytes(rest), 'lacking'))).toThrow(
      /expected tensor 'conv1\/kernel' of shape \[3,3,7,16\], got none/,
    );
    const reshaped = { ...rest, 'conv1/kernel': { shape: [3, 3, 16, 7], values: first.values } };
    expect(() => loadBackbone(saved(bytes(reshaped), 'reshaped'))).toThrow(/of shape \[3,3,7,16\], got \[3,3,16,7\]/);
    expect(() =>
      loadBackbone(saved(bytes({ ...trunk(), extra: { shape: [1], values: new Float32Array(1) } }), 'more')),
    ).toThrow(/got 'extra'/);
    const path = saved(bytes(), 'changed');
    writeFileSync(path.replace('.safetensors', '.model.json'), JSON.stringify({ hash: 'abc' }));
    expect(() => loadBackbone(path)).toThrow(/expected weights with hash abc/);
  });
});
