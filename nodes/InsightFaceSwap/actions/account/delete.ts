import { channel } from '../fields';
import type { Operation } from '../types';
import { accountPath } from './path';

export const remove: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete an account',
	description: 'Remove the configuration of an account from useapi.net',
	properties: [channel('The Discord channel of the account', { required: true })],
	request: { method: 'DELETE', path: accountPath, effect: 'repeatable' },
	answer: { of: 'data', items: () => [{ deleted: true }] },
};
