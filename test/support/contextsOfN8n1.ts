import { ExecuteContext } from 'n8n-core';

/** Has the nodes of this test file run as in n8n 1, whose contexts lack this method. */
export const useContextsOfN8n1 = (): void => {
	Reflect.deleteProperty(ExecuteContext.prototype, 'isToolExecution');
};
