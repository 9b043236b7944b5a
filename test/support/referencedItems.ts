/** Swaps of items that name their reply reference, so that the simulator can be told about each of them. */
import type { IDataObject } from 'n8n-workflow';

import type { NodeResult, NodeRun } from './engine';
import type { Scenario } from './scenario';

export const reference = (index: number): string => `item-${index}`;

const withReference = { replyRef: '={{ $json.reference }}' };

export async function referencedItems(scenario: Scenario, count: number) {
	const item = await scenario.item();
	return Array.from({ length: count }, (_, index) => ({
		...item,
		json: { reference: reference(index) },
	}));
}

/** Runs Picsi → Swap with so many items. */
export async function swapReferenced(
	scenario: Scenario,
	count: number,
	options: Partial<NodeRun> = {},
	additionalFields: IDataObject = {},
): Promise<NodeResult> {
	return await scenario.run(
		'picsi/swap',
		{ additionalFields: { ...withReference, ...additionalFields } as never },
		{ items: await referencedItems(scenario, count), ...options },
	);
}
