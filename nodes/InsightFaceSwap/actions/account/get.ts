import type { IDataObject } from 'n8n-workflow';

import { channel } from '../fields';
import type { Operation } from '../types';
import { accountPath } from './path';

export const get: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get an account',
	description: 'Read the configuration and the credits of an account',
	properties: [channel('The Discord channel of the account', { required: true })],
	request: { method: 'GET', path: accountPath, effect: 'none' },
	answer: { of: 'data', items: (body) => [body as IDataObject] },
};
