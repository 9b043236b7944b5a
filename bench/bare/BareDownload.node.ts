import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';

/** The least that a node from a package does to bring files into n8n's store, as streams. */
export class BareDownload implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Bare Download',
		name: 'bareDownload',
		group: ['input'],
		version: 1,
		description: 'Downloads a file for each item',
		defaults: { name: 'Bare Download' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [
			{ displayName: 'URL', name: 'url', type: 'string', default: '' },
			{ displayName: 'At Once', name: 'atOnce', type: 'number', default: 1 },
		],
	};

	async execute(this: IExecuteFunctions) {
		const url = this.getNodeParameter('url', 0) as string;
		const waiting = this.getInputData().keys();
		const done: INodeExecutionData[] = [];
		const worker = async () => {
			for (const item of waiting) {
				const body = await this.helpers.httpRequest({ url, encoding: 'stream' });
				const data = await this.helpers.prepareBinaryData(body, 'file', 'image/png');
				done.push({ json: {}, binary: { data }, pairedItem: { item } });
			}
		};
		await Promise.all(Array.from({ length: this.getNodeParameter('atOnce', 0) as number }, worker));
		return [done];
	}
}
