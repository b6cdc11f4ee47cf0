/** Formats that a dataset is exported in. */
export const DATASET_FORMATS = ['npz', 'hdf5', 'lerobot'] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];
