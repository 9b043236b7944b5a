import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';

const PARTS = ['source_image', 'target_image_gif_or_video'];

/** The least that a node from a package does to submit pictures, one item after the other. */
export class BareUpload implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Bare Upload',
		name: 'bareUpload',
		group: ['output'],
		version: 1,
		description: 'Submits a picture twice for each item',
		defaults: { name: 'Bare Upload' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'useApiNetApi', required: true }],
		properties: [
			{ displayName: 'URL', name: 'url', type: 'string', default: '' },
			{ displayName: 'Channel', name: 'channel', type: 'string', default: '' },
		],
	};

	async execute(this: IExecuteFunctions) {
		const url = this.getNodeParameter('url', 0) as string;
		const done: INodeExecutionData[] = [];
		for (const item of this.getInputData().keys()) {
			const body = new FormData();
			body.append('channel', this.getNodeParameter('channel', item) as string);
			for (const part of PARTS) {
				const picture = await this.helpers.getBinaryDataBuffer(item, 'data');
				body.append(
					part,
					new Blob([new Uint8Array(picture)], { type: 'image/png' }),
					'picture.png',
				);
			}
			const json = await this.helpers.httpRequestWithAuthentication.call(this, 'useApiNetApi', {
				method: 'POST',
				url,
				body,
			});
			done.push({ json, pairedItem: { item } });
		}
		return [done];
	}
}
