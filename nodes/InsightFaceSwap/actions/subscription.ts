import type { IDataObject } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import { InputError } from '../shared/validation';
import { checkedReplyUrl, field, notice, textOf } from './fields';
import type { Operation, ReadParameter, Resource } from './types';

const get: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get subscription',
	description: 'Read the useapi.net account: its subscription and its reply URL',
	properties: [],
	request: { method: 'GET', path: endpoints.subscription, effect: 'none' },
	answer: { of: 'data', items: (body) => [body as IDataObject] },
};

const url = field('Reply URL', 'replyUrl', {
	description: 'Where useapi.net posts jobs at their end. At most 1024 characters.',
	placeholder: 'e.g. https://example.com/webhook/face-swap',
	hint: 'Empty: the account has no reply URL any more',
});

const wantedUrl = (read: ReadParameter): string => checkedReplyUrl(textOf(read, url));

/** An address without its query, whose secret answers do not show. */
const withoutQuery = (address: unknown): string => String(address ?? '').replace(/\?.*$/s, '');

/** @throws InputError where the account has another reply URL than the one that was sent */
function itemsOf(body: unknown, read: ReadParameter): IDataObject[] {
	const { replyUrl } = body as IDataObject;
	if (withoutQuery(replyUrl) !== withoutQuery(wantedUrl(read))) {
		throw new InputError(
			'useapi.net has not stored the reply URL',
			'The account still has another one. Try again, or set it on the page of your useapi.net account.',
		);
	}
	return [{ replyUrl: replyUrl ?? '', saved: true }];
}

const setReplyUrl: Operation = {
	value: 'setReplyUrl',
	name: 'Set Reply URL',
	action: 'Set reply URL of subscription',
	description: 'Set or clear the address that useapi.net calls at the end of every job',
	properties: [
		notice(
			'replyUrlNotice',
			'A useapi.net account has one reply URL for all its services and workflows. An InsightFaceSwap Trigger that uses it stops working when you set another one.',
		),
		url,
	],
	request: {
		method: 'POST',
		path: endpoints.subscription,
		effect: 'repeatable',
		json: (read) => ({ replyUrl: wantedUrl(read) }),
	},
	answer: { of: 'data', readFrom: endpoints.subscription, items: itemsOf },
};

export const subscription: Resource = {
	value: 'subscription',
	name: 'Subscription',
	description: 'The useapi.net account itself',
	operations: [get, setReplyUrl],
};
