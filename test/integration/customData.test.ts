/** The execution's custom data, by which n8n's list of executions can be searched. */
import { scenario } from '../support/scenario';

const { run, item } = scenario({ channels: 1 });

const metadataOf = async (...options: Parameters<typeof run>) => {
	const { items, run: stored } = await run(...options);
	return { items, metadata: stored.data.resultData.metadata };
};

test('holds the first job of an execution under one key', async () => {
	const options = { items: [await item(), await item()] };
	const { items, metadata } = await metadataOf('picsi/swap', {}, options);
	expect(items).toHaveLength(2);
	expect(metadata).toEqual({ insightFaceSwapJobId: items[0]?.json.jobId });
});

test('holds the job that an execution is suspended for', async () => {
	const parameters = { prompt: 'beach', waitMode: 'suspend' };
	const { metadata } = await metadataOf('changeBackground/create', parameters, {
		address: 'https://n8n.example.com',
	});
	expect(metadata).toEqual({ insightFaceSwapJobId: expect.stringMatching(/^\w{16,}$/) });
});

test.each(['account/getAll', 'job/getAll'])('holds nothing after %s', async (operation) => {
	expect((await metadataOf(operation)).metadata).toBeUndefined();
});
