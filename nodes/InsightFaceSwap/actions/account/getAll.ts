import { accountsOf } from '../../api/accounts';
import { endpoints } from '../../api/endpoints';
import type { Operation } from '../types';

export const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many accounts',
	description: 'List the configured accounts with their credits, one item each',
	properties: [],
	request: { method: 'GET', path: endpoints.accounts, effect: 'none' },
	answer: {
		of: 'data',
		items: (body) => accountsOf(body).map(([, account]) => account),
		emptyIfMissing: true,
	},
};
