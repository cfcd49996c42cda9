export default () => ({
  name: 'endless',
  classes: ['**'],
  analyze: () => {
    for (;;);
  },
});
