import type { IDataObject } from 'n8n-workflow';

import { isSnowflake } from '../shared/validation';
import { isObject } from './job';

/** The accounts of a list, by channel. Anything else in the list is left out. */
export const accountsOf = (body: unknown): Array<[channel: string, account: IDataObject]> =>
	isObject(body) ? Object.entries(body).filter(isAccount) : [];

const isAccount = (entry: [string, unknown]): entry is [string, IDataObject] =>
	isSnowflake(entry[0]) && isObject(entry[1]);
