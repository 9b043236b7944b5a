import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { CALLBACK_PATH } from './jobs/callbackAddress';
import { searchChannels } from './jobs/listSearch';
import { emitJobs } from './trigger/emit';
import { catchUp } from './trigger/catchUp';
import { panelTexts, properties } from './trigger/description';
import { receive } from './trigger/webhook';
import { register, unregister } from './trigger/registration';

export class InsightFaceSwapTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'InsightFaceSwap Trigger',
		name: 'insightFaceSwapTrigger',
		icon: {
			light: 'file:../../icons/insightfaceswap.svg',
			dark: 'file:../../icons/insightfaceswap.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{$parameter["statuses"].join(", ") || "all statuses"}}',
		// The editor shows this for the whole package, the action node included.
		description:
			'Swap faces and edit portraits with InsightFaceSwap (Picsi.Ai), and start a workflow when a job has ended',
		defaults: { name: 'InsightFaceSwap Trigger' },
		builderHint: {
			searchHint:
				'Starts once for each job that has ended. An InsightFaceSwap node that waits for its result needs no trigger.',
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'useApiNetApi', required: true }],
		...panelTexts,
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: 'noData',
				path: CALLBACK_PATH,
				ndvHideUrl: '={{ $parameter["registration"] === "polling" }}',
			},
		],
		properties,
	};

	methods = { listSearch: { searchChannels } };

	webhookMethods = {
		default: {
			/** `create` finds out itself, as it must read and decide in one go. */
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await register(this);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await unregister(this);
			},
		},
	};

	/**
	 * Checks for jobs whose callbacks got lost, or that have none. When n8n starts, it also checks the
	 * registration of a workflow only if the workflow has a trigger function.
	 */
	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await catchUp(this);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}

	/** Runs within the execution that a call has started. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await emitJobs(this)];
	}
}
