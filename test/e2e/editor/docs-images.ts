/** `npm run docs:images`: takes the pictures of the README anew, from a real editor. */
import { mkdir } from 'node:fs/promises';
import { openBrowser } from './support/browser';
import { Editor } from './support/editor';
import { imagesFolder, takeImages } from './support/images';
import { startInstance, type Instance } from './support/instance';
import { demoWorkflow, inARow, n8nNode, ourNode } from './support/workflows';

const viewport = { width: 1440, height: 840 };

/** Runs the node that is open and shows its picture. */
async function runAndView(editor: Editor): Promise<void> {
	await editor.execute();
	const picture = await editor.viewBinary();
	await picture.waitFor();
	await editor.dismissToasts();
}

async function swap(editor: Editor, instance: Instance): Promise<void> {
	await editor.openWorkflow(demoWorkflow('1-swap-a-face.json', instance));
	await editor.openNode('Swap Face');
	await runAndView(editor);
	await takeImages(editor.page, 'swap-panel', editor.panel);
	await editor.closeNode();
	await editor.zoomToFit();
	await takeImages(editor.page, 'canvas', editor.page);
}

async function background(editor: Editor, instance: Instance): Promise<void> {
	const workflow = demoWorkflow('2-change-the-background.json', instance);
	const node = workflow.nodes.find(({ name }) => name === 'Change Background');
	Object.assign(node?.parameters ?? {}, { waitMode: 'poll', additionalFields: {} });
	await editor.openWorkflow(workflow);
	await editor.openNode('Change Background');
	await runAndView(editor);
	await takeImages(editor.page, 'background-panel', editor.panel);
}

async function missingPicture(editor: Editor, instance: Instance): Promise<void> {
	const start = n8nNode('n8n-nodes-base.manualTrigger', 1, 'Start');
	await editor.openWorkflow(inARow('error', start, ourNode(instance, 'Swap Face', {})));
	await editor.openNode('Swap Face');
	await editor.execute();
	await editor.output.getByText('the item has no binary field').first().waitFor();
	await editor.dismissToasts();
	await takeImages(editor.page, 'error', editor.panel);
}

async function credential(editor: Editor, instance: Instance): Promise<void> {
	await editor.openWorkflow(inARow('credential', ourNode(instance, 'Swap Face', {})));
	await editor.openNode('Swap Face');
	const dialog = await editor.newCredential();
	await dialog.field('apiToken').fill('user:1234-AbCdEfGhIjKl');
	await takeImages(editor.page, 'credential', dialog.root);
}

async function main(): Promise<void> {
	await mkdir(imagesFolder, { recursive: true });
	const instance = await startInstance({ name: 'docs-images' });
	const browser = await openBrowser();
	try {
		for (const takePictures of [swap, background, missingPicture, credential]) {
			const editor = await Editor.open(browser, instance, { viewport });
			await takePictures(editor, instance).catch(async (error: unknown) => {
				await editor.keepPicture('docs-images');
				throw error;
			});
			await editor.page.close();
		}
	} finally {
		await browser.close();
		await instance.stop();
	}
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
