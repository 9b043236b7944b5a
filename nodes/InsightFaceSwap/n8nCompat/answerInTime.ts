import type { IWebhookFunctions } from 'n8n-workflow';

type Response = ReturnType<IWebhookFunctions['getResponseObject']>;

/** Sets what to do if n8n cannot start the execution after all. */
export type OnFailure = (listener: () => void) => void;

/**
 * Answers a webhook call with 200 after `ms` milliseconds, unless n8n has answered it. An n8n that
 * runs as many executions as it may stores the next one at once, but answers when it begins.
 *
 * Relies on: n8n answers with the methods replaced below and ignores what they return, so its later
 * answer has no effect. Checked in n8n 1.123.81 and 2.41.1 (cli: webhooks/webhook-request-handler;
 * response-helper, `sendErrorResponse`).
 */
export function answerInTime(response: Response, ms: number): OnFailure {
	let failed = () => {};
	response.once('finish', () => {
		if (response.statusCode >= 500) failed();
	});
	AbortSignal.timeout(Math.max(0, ms)).addEventListener('abort', () => {
		if (response.headersSent) return;
		response.status(200).end();
		const ignored = () => response;
		for (const method of ['setHeader', 'setHeaders', 'json', 'send', 'end']) {
			Object.assign(response, { [method]: ignored });
		}
		Object.assign(response, {
			status(code: number) {
				if (code >= 500) failed();
				return response;
			},
		});
	});
	return (listener) => {
		failed = listener;
	};
}
