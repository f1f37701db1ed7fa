"""The REST hosts of Yandex Cloud: 3-6 line handlers over the rules."""
