import type { Resource } from '../types';
import { swapIdentity } from './swapIdentity';
import { swapImages } from './swapImages';
import { swapMessage } from './swapMessage';

export const faceSwap: Resource = {
	value: 'faceSwap',
	name: 'Face Swap',
	description: 'Face swaps with saved identities',
	operations: [swapIdentity, swapImages, swapMessage],
	first: swapIdentity,
};
