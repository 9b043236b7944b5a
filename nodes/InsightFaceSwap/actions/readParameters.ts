import type { IExecuteFunctions } from 'n8n-workflow';

import type { ReadParameter } from './types';

/** Reads parameters of one item. */
export const itemParameters =
	(context: IExecuteFunctions, itemIndex: number): ReadParameter =>
	(name, fallback) => {
		const value: unknown = context.getNodeParameter(name, itemIndex, fallback as never);
		return (isLocator(value) ? value.value : value) as never;
	};

const isLocator = (value: unknown): value is { value: unknown } =>
	typeof value === 'object' && value !== null && '__rl' in value;
