export default () => ({ name: 'waiting', classes: ['**'], analyze: async () => {} });
