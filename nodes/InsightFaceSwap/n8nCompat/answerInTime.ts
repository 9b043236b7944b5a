import type { IWebhookFunctions } from 'n8n-workflow';

type Response = ReturnType<IWebhookFunctions['getResponseObject']>;

/**
 * Answers a webhook call with 200 after `ms` milliseconds, unless n8n has answered it. An n8n that
 * runs as many executions as it may stores the next one at once, but answers when it begins.
 *
 * Relies on: n8n answers after it has stored the execution and the static data. It does so with the methods replaced
 * below and ignores what they return, so its later answer has no effect. Checked in n8n 1.123.81 and 2.41.1 (cli:
 * webhooks/webhook-request-handler, webhooks/live-webhooks; response-helper, `sendErrorResponse`).
 * @returns once n8n has answered by itself, or the caller has left: whether n8n could start the execution
 */
export async function answerInTime(response: Response, ms: number): Promise<boolean> {
	return await new Promise((resolve) => {
		let isLate = false;
		const answered = () => {
			if (!isLate) resolve(response.statusCode < 500);
		};
		response.once('finish', answered);
		response.once('close', answered);
		AbortSignal.timeout(Math.max(0, Math.round(ms))).addEventListener('abort', () => {
			if (response.headersSent) return;
			isLate = true;
			response.status(200).end();
			const ignored = () => {
				resolve(true);
				return response;
			};
			for (const method of ['json', 'send', 'end']) Object.assign(response, { [method]: ignored });
			Object.assign(response, {
				setHeader: () => response,
				setHeaders: () => response,
				status(code: number) {
					if (code >= 500) resolve(false);
					return response;
				},
			});
		});
	});
}
