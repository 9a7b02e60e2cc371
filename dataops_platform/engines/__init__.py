"""This room holds the engines that run Spark plans, and the processes they are: `engine` says what each offers."""
