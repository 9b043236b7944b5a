import type { INodeType, INodeTypeDescription, IWebhookFunctions } from 'n8n-workflow';

/** The least that a trigger from a package does: it starts the workflow with whatever is posted. */
export class BareTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Bare Trigger',
		name: 'bareTrigger',
		group: ['trigger'],
		version: 1,
		description: 'Starts the workflow with whatever is posted',
		defaults: { name: 'Bare Trigger' },
		inputs: [],
		outputs: ['main'],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'bare' }],
		properties: [],
	};

	async webhook(this: IWebhookFunctions) {
		return { workflowData: [[{ json: { body: this.getBodyData() } }]] };
	}
}
