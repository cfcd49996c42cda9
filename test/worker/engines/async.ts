export default () => ({ name: 'async', classes: ['**'], analyze: async () => {} });
