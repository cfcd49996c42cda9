export default () => ({ name: 'threshold.fans', classes: ['fan.**'], analyze: () => {} });
