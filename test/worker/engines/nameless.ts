export default () => ({ classes: ['a'], analyze: () => {} });
