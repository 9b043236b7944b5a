// n8n reads the nodes and credentials from the "n8n" field of package.json.
// This file lets `require('n8n-nodes-insightfaceswap')` succeed all the same.
module.exports = {};
