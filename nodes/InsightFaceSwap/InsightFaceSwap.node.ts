import {
	NodeConnectionTypes,
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type IExecuteFunctions,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { operationsWithoutSecret, properties, subtitle } from './actions';
import { executeItems } from './execution/executeItems';
import { resume, resumeWebhook } from './execution/suspend';
import { searchChannels, searchIdentities } from './jobs/listSearch';
import { isDiscordToken } from './shared/secrets';

export class InsightFaceSwap implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'InsightFaceSwap',
		name: 'insightFaceSwap',
		icon: {
			light: 'file:../../icons/insightfaceswap.svg',
			dark: 'file:../../icons/insightfaceswap.dark.svg',
		},
		group: ['transform'],
		version: 1,
		subtitle,
		description: 'Swap faces and edit portraits with InsightFaceSwap (Picsi.Ai) through useapi.net',
		defaults: { name: 'InsightFaceSwap' },
		builderHint: {
			searchHint:
				'Swaps faces in pictures and GIFs, changes backgrounds, makes headshots. Each job costs credits: never put it into a loop that repeats a failed item. The result is a binary field, "data" by default.',
		},
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'useApiNetApi', required: true },
			{
				name: 'useApiNetDiscordApi',
				displayName: 'Credential for the Discord Account',
				required: true,
				testedBy: 'discordTokenForm',
				// With `show`, the editor would put all credentials behind the field of the condition.
				displayOptions: { hide: { operation: operationsWithoutSecret } },
			},
		],
		webhooks: resumeWebhook,
		// No expression: n8n shows none that fails, as one of Maximum Wait does where that refers to an item.
		waitingNodeTooltip:
			'Waiting for useapi.net to report the end of the job, for at most Maximum Wait. A date that n8n shows is later: a safety net.',
		properties,
	};

	methods = {
		listSearch: { searchChannels, searchIdentities },
		credentialTest: {
			/** Looks at the form of the token only: calling Discord with it could end its session. */
			async discordTokenForm(
				this: ICredentialTestFunctions,
				credential: ICredentialsDecrypted,
			): Promise<INodeCredentialTestResult> {
				const token = String(credential.data?.discordToken ?? '').trim();
				return isDiscordToken(token)
					? { status: 'OK', message: 'This has the form of a Discord token' }
					: {
							status: 'Error',
							message:
								'This is not a Discord user token: it has three parts joined by dots, without "Bot" or quotes around it',
						};
			},
		},
	};

	/** Called with the end of a job for which an execution was suspended. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await resume(this);
	}

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await executeItems(this)];
	}
}
