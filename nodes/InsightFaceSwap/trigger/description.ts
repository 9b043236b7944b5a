import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';

import { commands } from '../actions';
import {
	amount,
	channel,
	choiceOf,
	downloadFiles,
	field,
	notice,
	simplify,
	yesNo,
} from '../actions/fields';
import { FINAL } from '../api/job';

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
			description: 'Start the workflow when a job has ended',
		},
	],
	default: 'jobEnded',
};

export const registration = choiceOf('How Jobs Are Noticed', 'registration', {
	description: 'How the trigger learns that jobs have ended',
	choices: [
		[
			'account',
			'Account Default (at Once, All Jobs)',
			'While the workflow is active, useapi.net calls this trigger at the end of every job without a reply URL of its own',
		],
		[
			'manual',
			'Manual (at Once, Chosen Jobs)',
			'Calls come for the jobs of InsightFaceSwap nodes of this n8n that have the URL of this trigger as their Reply URL',
		],
		[
			'polling',
			'Polling (Works Everywhere)',
			'No public address is needed: n8n checks for ended jobs at an interval',
		],
	],
});

const noticeFor = (way: string, text: string): INodeProperties => ({
	...notice(`${way}Notice`, text),
	displayOptions: { show: { registration: [way] } },
});

const notices = [
	noticeFor(
		'account',
		'A useapi.net account has one reply URL for all its services and workflows. If it is taken, activation fails and says by whom. n8n needs an address that the internet reaches.',
	),
	noticeFor(
		'manual',
		'Copy the production URL above into <b>Reply URL</b> (Additional Fields) of each InsightFaceSwap node whose jobs start this workflow. The node adds the secret of the trigger if both use the same credential. Calls of other programs lack it and are refused.',
	),
	noticeFor(
		'polling',
		'n8n lists the running jobs, and starts the workflow when one has ended. It misses a job of another program that begins and ends between two checks. It misses no job of InsightFaceSwap nodes in the same n8n process.',
	),
];

const verbs = field('Operations', 'verbs', {
	description: 'The operations whose jobs start the workflow',
	type: 'multiOptions',
	options: commands.map(({ verb, label }) => ({ name: label, value: verb })),
	default: [],
	hint: 'Leave it empty for all operations',
});

const capitalized = (status: string): string => status.charAt(0).toUpperCase() + status.slice(1);

const statuses = field('Statuses', 'statuses', {
	description:
		'The states of a job that start the workflow, each of them once a job. The first four end a job.',
	type: 'multiOptions',
	options: [...FINAL, 'created', 'started', 'progress'].map((status) => ({
		name: capitalized(status),
		value: status,
	})),
	default: [...FINAL],
	hint: 'Leave it empty for all of them',
});

export const replaceExisting = yesNo('Replace an Existing Reply URL', 'replaceExisting', {
	description:
		'Whether to take the reply URL of the account from whoever has it. It is put back when the workflow is deactivated.',
	displayOptions: { show: { '/registration': ['account'] } },
});

const notPolling = { hide: { '/registration': ['polling'] } };

const catchUp = yesNo('Catch Up on Missed Jobs', 'catchUp', {
	description:
		'Whether to check at an interval for jobs whose call did not arrive, for example while n8n was down, and to start the workflow for them',
	default: true,
	displayOptions: notPolling,
});

const checkEvery = amount('Check Every (Seconds)', 'checkEvery', {
	description: 'How often to check for jobs that have ended, in seconds, from 15 to 3600',
	default: 60,
	typeOptions: { minValue: 15, maxValue: 3600 },
});

const verifyWithApi = yesNo('Confirm Each Job with useapi.net', 'verifyWithApi', {
	description:
		'Whether to read each job from useapi.net before it starts the workflow. Otherwise what was posted starts it: the output has no files and says <code>verified: false</code>.',
	default: true,
	displayOptions: notPolling,
});

export const acceptUnverified = yesNo('Start Also for Unconfirmed Jobs', 'acceptUnverified', {
	description:
		'Whether a job that useapi.net does not know, or cannot confirm for about a minute, starts the workflow with what was posted. The output has no files and says <code>verified: false</code>.',
	displayOptions: notPolling,
});

const match = choiceOf('Match', 'match', {
	description: 'How the reference is compared',
	choices: [
		['equals', 'Equals'],
		['startsWith', 'Starts With'],
	],
});

const value = field('Value', 'value', {
	description: 'The reference, or its beginning',
	placeholder: 'e.g. order-',
});

const replyRef = field('Reply Reference', 'replyRef', {
	description: 'Only jobs that were started with this reply reference',
	type: 'fixedCollection',
	placeholder: 'Add Rule',
	default: {},
	options: [{ displayName: 'Rule', name: 'rule', values: [match, value] }],
});

const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		catchUp,
		channel({ description: 'Only jobs of this Discord channel' }),
		checkEvery,
		verifyWithApi,
		replaceExisting,
		replyRef,
		acceptUnverified,
	],
};

export const properties: INodeProperties[] = [
	event,
	registration,
	...notices,
	verbs,
	statuses,
	simplify,
	downloadFiles,
	options,
];

/**
 * What the editor says while it waits and after activation, true for all ways of noticing jobs. Without it, n8n
 * asks people to create an event in InsightFaceSwap.
 */
export const panelTexts: Pick<
	INodeTypeDescription,
	'activationMessage' | 'eventTriggerDescription' | 'triggerPanel'
> = {
	eventTriggerDescription: 'Waiting for a job that this trigger notices',
	activationMessage: 'This workflow now starts for the jobs that its trigger notices.',
	triggerPanel: {
		header: 'Start when a job has ended',
		executionsHelp:
			"<b>While you build the workflow</b>, execute this step, then start a job. The first job that this trigger notices starts the workflow here in the editor.<br /><br /><b>When the workflow is active</b>, every such job starts it. Those executions are in the <a data-key='executions'>executions list</a>, not in the editor.",
		activationHint:
			'When the workflow is active, jobs also start it without the editor. Those executions do not show here.',
	},
};
