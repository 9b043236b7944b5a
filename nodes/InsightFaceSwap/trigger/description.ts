import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { channel, downloadResults, simplify } from '../actions/fields';

/** The trigger's name in the editor's list of nodes. Without it, n8n shows "On new InsightFaceSwap event". */
const event: INodeProperties = {
	displayName: 'Event',
	name: 'event',
	type: 'hidden',
	options: [
		{
			name: 'Job Ended',
			value: 'jobEnded',
			action: 'On job ended',
			description: 'Start the workflow when a job has completed or failed',
		},
	],
	default: 'jobEnded',
};

const registration: INodeProperties = {
	displayName: 'Registration',
	name: 'registration',
	type: 'options',
	options: [
		{
			name: 'Account Default',
			value: 'account',
			description:
				'Make this trigger the reply URL of the useapi.net account while the workflow is active. It gets every job without a reply URL of its own.',
		},
		{
			name: 'Manual',
			value: 'manual',
			description:
				'Register nothing. Set the URL of this trigger as the Reply URL in InsightFaceSwap nodes of this n8n; jobs of other programs lack its secret and are refused.',
		},
		{
			name: 'Polling',
			value: 'polling',
			description:
				'No Public Address Needed: check for ended jobs at an interval, and start the workflow for every job of the account that passes the filters',
		},
	],
	default: 'account',
	description: 'How the trigger learns that jobs have ended',
	hint: 'Account Default gets all jobs at once. Manual gets chosen jobs at once. Polling is for an n8n that the internet cannot reach',
};

const accountNotice: INodeProperties = {
	displayName:
		'A useapi.net account has one reply URL for all its services and workflows. If it is taken, activation fails and says by whom.',
	name: 'accountNotice',
	type: 'notice',
	default: '',
	displayOptions: { show: { registration: ['account'] } },
};

const manualNotice: INodeProperties = {
	displayName:
		'Copy the production URL above into <b>Reply URL</b> (Additional Fields) of each InsightFaceSwap node whose jobs start this workflow. The node adds the secret of the trigger if both use the same credential.',
	name: 'manualNotice',
	type: 'notice',
	default: '',
	displayOptions: { show: { registration: ['manual'] } },
};

const pollingNotice: INodeProperties = {
	displayName:
		'n8n lists the running jobs, and starts the workflow when one has ended. It misses a job of another program that begins and ends between two checks. It misses no job of InsightFaceSwap nodes in the same n8n process.',
	name: 'pollingNotice',
	type: 'notice',
	default: '',
	displayOptions: { show: { registration: ['polling'] } },
};

const VERBS: INodePropertyOptions[] = [
	{ name: 'Change Background', value: 'changebg' },
	{ name: 'Delete All Identities', value: 'delall' },
	{ name: 'Delete Identity', value: 'delid' },
	{ name: 'Generate Headshot', value: 'headshot' },
	{ name: 'List Identities', value: 'listid' },
	{ name: 'Save Identity', value: 'saveid' },
	{ name: 'Set Default Identity', value: 'setid' },
	{ name: 'Swap Face in Message', value: 'inswapper' },
	{ name: 'Swap Face with Identity', value: 'swapid' },
	{ name: 'Swap Faces of Two Images (Deprecated)', value: 'swap' },
	{ name: 'Swap with Picsi', value: 'picsi' },
];

const verbs: INodeProperties = {
	displayName: 'Operations',
	name: 'verbs',
	type: 'multiOptions',
	options: VERBS,
	default: [],
	description: 'The operations whose jobs start the workflow',
	hint: 'Leave it empty for all operations',
};

const STATUSES: INodePropertyOptions[] = [
	{ name: 'Cancelled', value: 'cancelled' },
	{ name: 'Completed', value: 'completed' },
	{ name: 'Created', value: 'created' },
	{ name: 'Failed', value: 'failed' },
	{ name: 'Moderated', value: 'moderated' },
	{ name: 'Progress', value: 'progress' },
	{ name: 'Started', value: 'started' },
];

const statuses: INodeProperties = {
	displayName: 'Statuses',
	name: 'statuses',
	type: 'multiOptions',
	options: STATUSES,
	default: ['completed', 'failed', 'cancelled', 'moderated'],
	description:
		'The states of a job that start the workflow, each of them once per job: by default the four with which a job ends. Leave it empty for all of them.',
};

const replyRef: INodeProperties = {
	displayName: 'Reply Reference',
	name: 'replyRef',
	type: 'fixedCollection',
	placeholder: 'Add Rule',
	default: {},
	description: 'Only jobs that were submitted with this reply reference',
	options: [
		{
			displayName: 'Rule',
			name: 'rule',
			values: [
				{
					displayName: 'Match',
					name: 'match',
					type: 'options',
					options: [
						{ name: 'Equals', value: 'equals' },
						{ name: 'Starts With', value: 'startsWith' },
					],
					default: 'equals',
				},
				{
					displayName: 'Value',
					name: 'value',
					type: 'string',
					default: '',
					placeholder: 'e.g. order-',
				},
			],
		},
	],
};

const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Accept Unverified',
			name: 'acceptUnverified',
			type: 'boolean',
			default: false,
			description:
				'Whether a job that the API does not know, or cannot confirm for about a minute, starts the workflow with what was posted. Its output has no files and says <code>verified: false</code>.',
		},
		{
			displayName: 'Catch Up',
			name: 'catchUp',
			type: 'boolean',
			default: true,
			displayOptions: { hide: { '/registration': ['polling'] } },
			description:
				'Whether to check at an interval for jobs that have ended without a callback, for example while n8n was down, and to start the workflow for them',
		},
		channel('Only jobs of this Discord channel'),
		{
			displayName: 'Check Every',
			name: 'checkEvery',
			type: 'number',
			typeOptions: { minValue: 15, maxValue: 3600 },
			default: 60,
			description:
				'How often Catch Up and Polling look for jobs that have ended, in seconds, from 15 to 3600',
		},
		{
			displayName: 'Replace Existing',
			name: 'replaceExisting',
			type: 'boolean',
			default: false,
			displayOptions: { show: { '/registration': ['account'] } },
			description:
				'Whether to take the reply URL of the account over if something else has it. It is put back when the workflow is deactivated.',
		},
		replyRef,
		{
			displayName: 'Verify With API',
			name: 'verifyWithApi',
			type: 'boolean',
			default: true,
			description:
				'Whether to read each reported job from the API before it starts the workflow, so that nothing depends on what was posted. If you turn it off, what was posted starts the workflow: its output has no files and says <code>verified: false</code>.',
		},
	],
};

export const properties: INodeProperties[] = [
	event,
	registration,
	accountNotice,
	manualNotice,
	pollingNotice,
	verbs,
	statuses,
	simplify,
	downloadResults,
	options,
];
