/** TensorFlow.js as graft uses it: its parts, without the parts for WebGL and data sets that the union package adds. */
export * from '@tensorflow/tfjs-converter';
export * from '@tensorflow/tfjs-core';
// also registers the gradients, and in Node registers them with the one core that all parts share
export * from '@tensorflow/tfjs-layers';

import '@tensorflow/tfjs-backend-cpu';
