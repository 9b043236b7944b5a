/** What the API answers to each operation, by `resource/operation`: the output samples are made from it. */
import type { IDataObject } from 'n8n-workflow';

const channel = '1122277481822456166';

const replyUrlSet = 'https://example.com/webhook/face-swap';

const account = {
	server: '1122226477161144546',
	channel,
	discord: 'MTE…secured…f3Q',
	credits: { timestamp: '2026-02-01T02:05:24.991000+00:00', total: 800, used: 4 },
};

const picture = (name: string) => ({
	url: `https://cdn.discordapp.com/attachments/…/${name}`,
	filename: name,
	content_type: 'image/png',
	size: 1_604_758,
	width: 1024,
	height: 1024,
});

function job(verb: string, content: string, more: IDataObject = {}): IDataObject {
	return {
		jobid: '8a1f574fdbf79e8cd57e070476d9d5f3',
		verb: `faceswap-${verb}`,
		status: 'completed',
		content,
		channel,
		replyRef: 'order-1234',
		messageId: '1203456789012345678',
		...more,
	};
}

const submitted = (title: string, prompt: string) =>
	`<@Discord user> Picsi.Ai ${title} Job Submitted [credits: 4] [prompt: '${prompt}'] (796/800 credits remaining)`;

const mention = '<@Discord user>';

const background = job('changebg', submitted('ChangeBG', 'sunny beach'), {
	attachments: [picture('background.png')],
});

/** Keyed as the node's parameters are. Form and fields are the documented ones. */
export const answers: Record<string, unknown> = {
	'account/upsert': {},
	'account/delete': {},
	'account/get': account,
	'account/getAll': { [channel]: account },
	'changeBackground/create': background,
	'picsi/swapIdentity': job('swapid', mention, { attachments: [picture('swapped.png')] }),
	'picsi/swapImages': job('swap', mention, { attachments: [picture('swapped.png')] }),
	'picsi/swapMessage': job('inswapper', mention, { attachments: [picture('swapped.png')] }),
	'headshot/create': job('headshot', submitted('Headshot', 'a smiling chef'), {
		attachments: [picture('headshot-1.png'), picture('headshot-2.png')],
	}),
	'identity/delete': job('delid', 'idname me deleted'),
	'identity/deleteAll': job('delall', 'all idnames deleted'),
	'identity/getAll': job('listid', 'current idname: me\nidnames: me, anna'),
	'identity/save': job('saveid', 'idname me created'),
	'identity/setDefault': job('setid', 'default idname set to me'),
	'job/cancel': { jobid: '8a1f574fdbf79e8cd57e070476d9d5f3', status: 'cancelled' },
	'job/get': { ...background, status: 'started', attachments: [] },
	'job/getAll': [{ ...background, status: 'started', attachments: [] }],
	'job/wait': background,
	'picsi/swap': job('picsi', mention, { options: '-m', attachments: [picture('swapped.png')] }),
	'subscription/setReplyUrl': { replyUrl: replyUrlSet },
	'subscription/get': {
		id: 1234,
		email: 'me@example.com',
		name: 'me',
		created: '2025-11-02T10:05:00.000Z',
		verified: '2025-11-02T10:15:30.000Z',
		sub: '261102',
		subscriptionIsActive: true,
		subscriptions: 1,
		maxAccountsPerAPI: 3,
		accounts: { 'InsightFaceSwap API': { total: 2, active: 1, error: 1 } },
		replyUrl: 'https://n8n.example.com/webhook/…/insightfaceswap',
	},
};

/** Parameters that an answer of the node repeats. */
export const parameters: Record<string, string> = {
	channel,
	serverId: account.server,
	replyUrl: replyUrlSet,
};
