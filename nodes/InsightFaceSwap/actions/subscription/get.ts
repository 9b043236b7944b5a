import type { IDataObject } from 'n8n-workflow';

import { endpoints } from '../../api/endpoints';
import type { Operation } from '../types';

export const get: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get the subscription',
	description: 'Read the useapi.net account: its subscription and its default reply URL',
	properties: [],
	request: { method: 'GET', path: endpoints.subscription, effect: 'none' },
	answer: { of: 'data', items: (body) => [body as IDataObject] },
};
