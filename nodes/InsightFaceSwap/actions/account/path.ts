import { endpoints } from '../../api/endpoints';
import { requireSnowflake } from '../../shared/validation';
import type { ReadParameter } from '../types';

/** An account is known by its channel. */
export const accountChannel = (read: ReadParameter) =>
	requireSnowflake(read('channel', ''), 'Channel');

export const accountPath = (read: ReadParameter) => endpoints.account(accountChannel(read));
