/**
 * `npm run docs:images`: takes the pictures of the documentation anew, from a real editor.
 * `npm run docs:images -- examples swap` takes only those of these functions below.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { galleryFile } from '../../../demo/folders';
import { projectFolder } from '../../../tooling/n8n/folders';
import { openBrowser } from './support/browser';
import { Editor } from './support/editor';
import { imagesFolder, keepImage, takeImages } from './support/images';
import {
	endJobs,
	saveOthersCredentials,
	setReplyUrl,
	startEditor,
	submitLongJob,
	type Instance,
} from './support/instance';
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

/** The upper part of the page that `npm run demo -- --once` has written before. */
async function gallery({ page }: Editor): Promise<void> {
	const size = { width: 1040, height: 590 };
	await page.setViewportSize(size);
	await page.goto(pathToFileURL(galleryFile).href);
	await keepImage('gallery.png', await page.screenshot({ animations: 'disabled' }));
}

async function missingPicture(editor: Editor, instance: Instance): Promise<void> {
	const start = n8nNode('n8n-nodes-base.manualTrigger', 1, 'Start');
	const swapFace = ourNode(instance, 'Swap Face', { resource: 'picsi', operation: 'swap' });
	await editor.openWorkflow(inARow('error', start, swapFace));
	await editor.openNode('Swap Face');
	await editor.execute();
	await editor.output.getByText('there is no binary field').first().waitFor();
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

/** A trigger that cannot be activated, as something else has the reply URL. */
async function failedActivation(editor: Editor, instance: Instance): Promise<void> {
	await setReplyUrl(instance, 'https://hooks.example.org/runway');
	await editor.page.setViewportSize({ width: 1000, height: 560 });
	const trigger = ourNode(instance, 'On Job Ended', {}, 'insightFaceSwapTrigger');
	await editor.openWorkflow(inARow('Jobs', trigger));
	await editor.beginActivation();
	await editor.activationFailure.waitFor();
	await takeImages(editor.page, 'failed-activation', editor.page);
}

/** A test run with Polling that has got a job. */
async function pollingTestRun(editor: Editor, instance: Instance): Promise<void> {
	const parameters = { registration: 'polling', downloadResults: false };
	const trigger = ourNode(instance, 'On Job Ended', parameters, 'insightFaceSwapTrigger');
	await editor.openWorkflow(inARow('Jobs', trigger));
	await editor.openNode('On Job Ended');
	const job = await submitLongJob(instance);
	await editor.execute();
	await endJobs(instance);
	await editor.output.getByText(job).first().waitFor();
	await takeImages(editor.page, 'polling-test-run', editor.panel);
}

/** Names and subtitles stand below the nodes, outside of their boxes. */
const margin = { left: 60, top: 30, right: 90, bottom: 60 };
/** The line back to the start of a loop runs below all nodes. */
const loopMargin = 160;

async function examples(editor: Editor, instance: Instance): Promise<void> {
	await saveOthersCredentials(instance);
	// Large enough for every example at its full size; number 9 is high.
	await editor.page.setViewportSize({ width: 2100, height: 3300 });
	const folder = join(projectFolder, 'examples');
	for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
		const hasLoop = (await readFile(join(folder, file), 'utf8')).includes('splitInBatches');
		const bottom = hasLoop ? loopMargin : margin.bottom;
		await editor.importFile(join(folder, file));
		await editor.zoomToFit();
		await editor.deselect();
		const { x, y, width, height } = await editor.contentArea();
		await takeImages(editor.page, `example-${basename(file, '.json')}`, editor.page, {
			x: x - margin.left,
			y: y - margin.top,
			width: width + margin.left + margin.right,
			height: height + margin.top + bottom,
		});
	}
}

async function main(): Promise<void> {
	const only = process.argv.slice(2);
	const all = [
		swap,
		gallery,
		missingPicture,
		credential,
		failedActivation,
		pollingTestRun,
		examples,
	];
	await mkdir(imagesFolder, { recursive: true });
	const instance = await startEditor('docs-images');
	const browser = await openBrowser();
	try {
		for (const takePictures of all.filter(({ name }) => only.length === 0 || only.includes(name))) {
			const editor = await Editor.open(browser, instance, { viewport });
			await takePictures(editor, instance).catch(async (error: unknown) => {
				await editor.keepPicture('docs-images');
				throw error;
			});
			await editor.close();
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
