/** The editor as a user meets it: what can be clicked, typed and read. Works in n8n 1 and n8n 2. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { cacheFolder } from '../../../../tooling/n8n/folders';
import type { Workflow } from '../../../../tooling/n8n/client';
import { owner } from '../../../../tooling/n8n/instance';
import type { Instance } from './instance';

/** For one click or one look; the machine may be busy. */
const stepLimitMs = 120_000;

export interface Look {
	colorScheme?: 'light' | 'dark';
	viewport?: { width: number; height: number };
}

/** The elements of the editor that carry a name for tests. */
const named = (scope: Page | Locator, name: string) => scope.locator(`[data-test-id="${name}"]`);

async function newPage(context: BrowserContext): Promise<Page> {
	const page = await context.newPage();
	page.setDefaultTimeout(stepLimitMs);
	// The editor explains itself to first-time visitors in bubbles.
	const bubble = page.getByRole('button', { name: 'Got it' });
	await page.addLocatorHandler(bubble, async (button) => await button.click());
	return page;
}

export class Editor {
	private constructor(
		readonly page: Page,
		private readonly instance: Instance,
	) {}

	/** Opens the editor in a window of its own and signs in. */
	static async open(browser: Browser, instance: Instance, look: Look = {}): Promise<Editor> {
		const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...look });
		const editor = new Editor(await newPage(context), instance);
		await editor.signIn();
		return editor;
	}

	/** Opens the editor in another tab of the same window, where the user is signed in already. */
	async openTab(): Promise<Editor> {
		return new Editor(await newPage(this.page.context()), this.instance);
	}

	/** Closes the window's other tabs. */
	async closeOtherTabs(): Promise<void> {
		const others = this.page
			.context()
			.pages()
			.filter((page) => page !== this.page);
		await Promise.all(others.map(async (page) => await page.close()));
	}

	/** Closes the window with all of its tabs. */
	async close(): Promise<void> {
		await this.page.context().close();
	}

	private async signIn(): Promise<void> {
		await this.page.goto(`${this.instance.url}/signin`);
		await this.page.locator('input[type="email"]').fill(owner.email);
		await this.page.locator('input[type="password"]').fill(owner.password);
		await this.page.locator('button', { hasText: 'Sign in' }).click();
		await this.page.waitForURL((url) => !url.pathname.startsWith('/signin'));
	}

	async newWorkflow(): Promise<void> {
		await this.page.goto(`${this.instance.url}/workflow/new`);
		await named(this.page, 'canvas-plus-button').first().waitFor();
	}

	/** Stores a copy of the workflow, under an id of its own, and shows it on the canvas. */
	async openWorkflow({ name, nodes, connections, settings }: Workflow): Promise<void> {
		const content = { name, nodes, connections, settings, active: false };
		const { id } = await this.instance.client.request<{ id: string }>(
			'POST',
			'/workflows',
			content,
		);
		await this.page.goto(`${this.instance.url}/workflow/${id}`);
		await named(this.page, 'canvas-node').first().waitFor();
	}

	/** Imports a workflow into a new one, as the menu's "From file" does. */
	async importFile(file: string): Promise<void> {
		await this.newWorkflow();
		await named(this.page, 'workflow-import-input').setInputFiles(file);
		await named(this.page, 'canvas-node').first().waitFor();
		// n8n says that it has chosen the credentials of the same types.
		await this.dismissToasts();
	}

	/** Clicks beside everything. */
	async deselect(): Promise<void> {
		await this.page.locator('.vue-flow__pane').click({ position: { x: 10, y: 150 } });
	}

	/** Where all that lies on the canvas is on the page. */
	async contentArea() {
		const boxes = await Promise.all(
			(await this.page.locator('.vue-flow__node').all()).map((node) => node.boundingBox()),
		);
		const edges = boxes.flatMap((box) =>
			box
				? [{ left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height }]
				: [],
		);
		const x = Math.min(...edges.map(({ left }) => left));
		const y = Math.min(...edges.map(({ top }) => top));
		const width = Math.max(...edges.map(({ right }) => right)) - x;
		const height = Math.max(...edges.map(({ bottom }) => bottom)) - y;
		return { x, y, width, height };
	}

	/** The search field of the node list. */
	get search(): Locator {
		return named(this.page, 'node-creator-search-bar');
	}

	/** Opens the node list of an empty workflow and searches it. */
	async searchNodes(text: string): Promise<void> {
		await named(this.page, 'canvas-plus-button').first().click();
		await this.search.fill(text);
	}

	/** The entries of the node list. */
	get foundNodes(): Locator {
		return named(this.page, 'node-creator-item-name');
	}

	async addAction(node: string, action: string): Promise<void> {
		await this.foundNodes.filter({ hasText: node }).first().click();
		const actions = this.page.getByText(/^Actions \(\d+\)/);
		const wanted = this.page.getByText(action, { exact: true });
		await actions.click();
		await wanted.first().click();
		await this.panel.waitFor();
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Names of the nodes that have a warning on the canvas. */
	async nodesWithIssues(): Promise<string[]> {
		const issues = named(this.page, 'node-issues');
		const nodes = named(this.page, 'canvas-node').filter({ has: issues });
		return await nodes.evaluateAll((all) =>
			all.map((one) => one.getAttribute('data-node-name') ?? ''),
		);
	}

	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.panel.waitFor();
	}

	async closeNode(): Promise<void> {
		await named(this.panel, 'ndv-close-button').click();
		await this.panel.waitFor({ state: 'hidden' });
	}

	async zoomToFit(): Promise<void> {
		await named(this.page, 'zoom-to-fit').click();
	}

	/** The message in the corner that n8n shows when a workflow could not be activated. */
	get activationFailure(): Locator {
		return this.page
			.locator('.el-notification')
			.filter({ hasText: /Workflow could not be (activated|published)/ });
	}

	/** Closes the messages in the corner, unless n8n does so itself meanwhile. */
	async dismissToasts(): Promise<void> {
		const toasts = this.page.locator('.el-notification');
		await toasts.first().waitFor();
		while ((await toasts.count()) > 0) {
			const button = toasts.first().locator('.el-notification__closeBtn');
			await button.click({ timeout: 3_000 }).catch(() => {});
		}
	}

	/**
	 * Presses the + below an AI node, once the node list has been open: n8n loads it with its first use, and a
	 * list of tools that is asked for meanwhile gives way to the list of all nodes.
	 */
	async addTool(agent: string): Promise<void> {
		await named(this.page, 'node-creator-plus-button').click();
		await this.search.waitFor();
		await this.page.keyboard.press('Escape');
		await this.search.waitFor({ state: 'hidden' });
		const handles = this.node(agent).locator('[data-test-id="canvas-node-input-handle"]');
		await handles
			.filter({ hasText: 'Tool' })
			.locator('[data-test-id="canvas-handle-plus"]')
			.click();
		await this.foundNodes.filter({ hasText: 'Code Tool' }).first().waitFor();
	}

	/** Presses Publish, or the switch where n8n has one. */
	async beginActivation(): Promise<void> {
		const publish = named(this.page, 'workflow-open-publish-modal-button');
		const toggle = named(this.page, 'workflow-activate-switch');
		await publish.or(toggle).first().click();
		if (await publish.isVisible()) await named(this.page, 'workflow-publish-button').click();
	}

	/** Publishes the workflow, or switches it on where n8n has a switch. */
	async activate(): Promise<void> {
		await this.beginActivation();
		await this.page
			.getByText(/^\s*(Published|Active)\s*$/)
			.first()
			.waitFor();
	}

	async showExecutions(): Promise<void> {
		await this.page.goto(`${this.page.url()}/executions`);
	}

	get executions(): Locator {
		return named(this.page, 'executions-sidebar').locator('a');
	}

	/** The panel of the node that is open. */
	get panel(): Locator {
		return named(this.page, 'ndv');
	}

	get output(): Locator {
		return named(this.panel, 'output-panel');
	}

	field(name: string): Locator {
		return named(this.panel, `parameter-input-${name}`);
	}

	/** The parameters that are shown, by their labels. */
	async labels(): Promise<string[]> {
		const labels = named(named(this.panel, 'node-parameters'), 'input-label');
		const texts = await labels.filter({ visible: true }).allInnerTexts();
		return texts.map((text) => text.trim().split('\n')[0] ?? '');
	}

	/** Of these resource locators, those that are seen as a whole without scrolling. */
	async locatorsInSight(names: string[]): Promise<string[]> {
		const areInSight = names.map(async (name) => {
			const locator = named(this.panel, `resource-locator-${name}`);
			await locator.waitFor();
			return await locator.evaluate((element) => {
				const { left, right, top, bottom } = element.getBoundingClientRect();
				return [top + 3, bottom - 3].every((y) =>
					element.contains(element.ownerDocument.elementFromPoint((left + right) / 2, y)),
				);
			});
		});
		const inSight = await Promise.all(areInSight);
		return names.filter((_, index) => inSight[index]);
	}

	/** Chooses from the dropdown of a field with options. */
	async choose(name: string, option: string): Promise<void> {
		await this.field(name).click();
		await this.page.locator('.el-select-dropdown__item:visible', { hasText: option }).click();
	}

	/** Opens the dropdown of a resource locator; gives its entries. */
	async openList(name: string): Promise<Locator> {
		await named(named(this.panel, `resource-locator-${name}`), 'rlc-input').click();
		return named(this.page, 'rlc-item').filter({ visible: true });
	}

	/** n8n 1 does not close a dropdown with Escape, and it may cover the next field. */
	async closeList(): Promise<void> {
		await named(named(this.panel, 'node-parameters'), 'input-label').first().click();
	}

	async pickFromList(name: string, entry: string): Promise<void> {
		await (await this.openList(name)).filter({ hasText: entry }).first().click();
	}

	async execute(): Promise<void> {
		await named(this.panel, 'node-execute-button').click();
	}

	/** Waits until a resource locator shows what was chosen. */
	async waitForChoice(name: string, choice: string): Promise<void> {
		const inputs = `document.querySelectorAll('[data-test-id="resource-locator-${name}"] input')`;
		await this.page.waitForFunction(`[...${inputs}].some(({ value }) => value === '${choice}')`);
	}

	/** Shows a binary of the output in the editor. */
	async viewBinary(): Promise<Locator> {
		await named(this.output, 'radio-button-binary').click();
		await named(this.output, 'ndv-view-binary-data').first().click();
		return named(this.page, 'ndv-binary-data').or(this.output).locator('img').first();
	}

	/** Opens the dialog for a new credential of the node that is open. */
	async newCredential(): Promise<CredentialDialog> {
		await named(this.panel, 'node-credentials-select').first().click();
		await named(this.page, 'node-credentials-select-item-new').filter({ visible: true }).click();
		const dialog = new CredentialDialog(named(this.page, 'editCredential-modal'));
		await dialog.field('apiToken').waitFor();
		return dialog;
	}

	/** Keeps a picture of what is seen last, for whoever looks into a failed test. */
	async keepPicture(name: string): Promise<void> {
		const folder = join(cacheFolder, 'e2e', 'editor-seen-last');
		await mkdir(folder, { recursive: true });
		const file = `${name.replace(/[^\w.-]+/g, '-')}.png`;
		await this.page.screenshot({ path: join(folder, file) });
	}
}

export class CredentialDialog {
	constructor(readonly root: Locator) {}

	field(name: string): Locator {
		return this.root.locator(`[data-test-id="parameter-input-${name}"] input`);
	}

	/** Saves, which makes n8n run the credential's test. */
	async save(): Promise<void> {
		await this.root.locator('[data-test-id="credential-save-button"]').click();
	}

	/** Waits until the test has passed: then n8n says so, or closes the dialog. */
	async success(): Promise<void> {
		const banner = named(this.root, 'credentials-config-container-test-success');
		await Promise.any([banner.waitFor(), this.root.waitFor({ state: 'hidden' })]);
	}

	/** Why the test failed, once it has. */
	async failure(): Promise<string> {
		await this.root.getByText('More details').click();
		const banner = this.root.locator('[data-test-id="node-credentials-config-container"]');
		return await banner.innerText();
	}
}
